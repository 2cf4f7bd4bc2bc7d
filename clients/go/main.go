// SPDX-License-Identifier: Apache-2.0

// Asks a Freshet daemon for features, as a model server in Go does.
//
//	get_features ADDRESS VIEW.FEATURE[,VIEW.FEATURE...] JOIN_KEY [TIMEOUT_MS]
//
// Each line of standard input is a request: values of the join key, with commas
// between them. Of each value of each feature it prints a line: key, feature,
// value, state; after each request an empty line.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	v1 "freshet/clients/go/freshetv1"
)

//go:generate ./generate.sh

// connect makes the one connection of the process: it connects by itself, and
// again after it broke.
func connect(address string) (*grpc.ClientConn, error) {
	return grpc.Dial(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// Retries of what failed with UNAVAILABLE, and requests in turn to all
		// the addresses of a name (dns:///features:7600).
		grpc.WithDefaultServiceConfig(v1.ServiceConfig),
		grpc.WithDefaultCallOptions(
			// The daemon bounds its replies; gRPC's own 4 MiB are less than it
			// allows.
			grpc.MaxCallRecvMsgSize(64<<20),
			// While no daemon answers, as when it is restarted, wait for it
			// until the deadline. Without this such a call fails at once with
			// UNAVAILABLE.
			grpc.WaitForReady(true)))
}

// keyColumn has the values of one join key, a row for each. A program of yours
// knows its key's type; this one takes digits for an int64.
func keyColumn(name string, values []string) *v1.KeyColumn {
	column := &v1.KeyColumn{Name: name}
	for _, value := range values {
		number, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return &v1.KeyColumn{Name: name, Strings: values}
		}
		column.Int64S = append(column.Int64S, number)
	}
	return column
}

// decimal writes 1850 of scale 2 as 18.50.
func decimal(unscaled int64, scale int) string {
	digits, sign := strconv.FormatInt(unscaled, 10), ""
	if unscaled < 0 {
		digits, sign = digits[1:], "-"
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if scale == 0 {
		return sign + digits
	}
	point := len(digits) - scale
	return sign + digits[:point] + "." + digits[point:]
}

// element is the i-th of a column, in the one field that its type uses.
func element(column *v1.Column, i int) string {
	switch kind := column.Type.Kind; kind {
	case v1.Kind_KIND_BOOL:
		return strconv.FormatBool(column.Bools[i])
	case v1.Kind_KIND_INT32:
		return fmt.Sprint(column.Int32S[i])
	case v1.Kind_KIND_INT64,
		v1.Kind_KIND_TIMESTAMP: // Microseconds since 1970-01-01T00:00:00Z.
		return fmt.Sprint(column.Int64S[i])
	case v1.Kind_KIND_DECIMAL:
		return decimal(column.Int64S[i], int(column.Type.Scale))
	case v1.Kind_KIND_FLOAT:
		return strconv.FormatFloat(float64(column.Floats[i]), 'g', -1, 32)
	case v1.Kind_KIND_DOUBLE:
		return strconv.FormatFloat(column.Doubles[i], 'g', -1, 64)
	case v1.Kind_KIND_STRING, v1.Kind_KIND_BYTES:
		// All values one after the other, and where each ends.
		begin := uint32(0)
		if i > 0 {
			begin = column.Ends[i-1]
		}
		bytes := column.Blob[begin:column.Ends[i]]
		if kind == v1.Kind_KIND_BYTES {
			return fmt.Sprintf("0x%x", bytes)
		}
		return string(bytes)
	default:
		return "(of a kind that is newer than this program)"
	}
}

// value is that of a row: an element, or for lists the elements of its slice.
func value(column *v1.Column, row int) string {
	fixed := int(column.Type.FixedLength)
	if fixed == 0 && !column.Type.List {
		return element(column, row)
	}
	begin, end := row*fixed, (row+1)*fixed
	if fixed == 0 {
		end = int(column.ListEnds[row])
		if row > 0 {
			begin = int(column.ListEnds[row-1])
		}
	}
	parts := []string{}
	for i := begin; i < end; i++ {
		if len(column.NullElements) > 0 && column.NullElements[i] != 0 {
			parts = append(parts, "null")
		} else {
			parts = append(parts, element(column, i))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func printReply(keys []string, reply *v1.GetFeaturesResponse) {
	for row, key := range keys {
		for _, column := range reply.Columns {
			// One byte says what a value is and why; missing, null, expired
			// and defaulted are four things.
			slot := row
			if column.Shared {
				slot = 0
			}
			state := v1.State(column.Statuses[slot] & 15)
			cause := v1.Cause(column.Statuses[slot] >> 4)
			why := strings.TrimPrefix(state.String(), "STATE_")
			if cause != v1.Cause_CAUSE_NONE {
				why += " " + strings.TrimPrefix(cause.String(), "CAUSE_")
			}
			text := "-"
			if state == v1.State_STATE_PRESENT ||
				cause == v1.Cause_CAUSE_DEFAULTED ||
				cause == v1.Cause_CAUSE_PARTIAL {
				text = value(column, slot)
			}
			fmt.Printf("%s\t%s\t%s\t%s\n", key, column.Name, text, why)
		}
	}
}

// report says what to do about an error, by its code, and how to end.
func report(err error) int {
	failed := status.Convert(err)
	switch failed.Code() {
	case codes.Unavailable:
		// Retried already, as the service config says.
		log.Printf("UNAVAILABLE, retried: %s", failed.Message())
		return 75
	case codes.DeadlineExceeded:
		// No time is left: answer without these features.
		log.Printf("DEADLINE_EXCEEDED: %s", failed.Message())
		return 75
	case codes.ResourceExhausted:
		// Over a limit, or the daemon sheds load: retrying at once makes it
		// worse.
		log.Printf("RESOURCE_EXHAUSTED: %s", failed.Message())
		return 75
	case codes.NotFound:
		// No such view or feature; the message has the nearest names.
		log.Printf("NOT_FOUND: %s", failed.Message())
		return 1
	default:
		// INVALID_ARGUMENT and the rest: the program is wrong, not the time.
		log.Printf("%s: %s", failed.Code(), failed.Message())
		return 1
	}
}

func ask(client v1.OnlineServiceClient, request *v1.GetFeaturesRequest,
	timeout time.Duration) (*v1.GetFeaturesResponse, error) {
	// Always a deadline: it bounds all attempts together, and the daemon's own
	// work.
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return client.GetFeatures(ctx, request)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 || len(os.Args) > 5 {
		log.Print("usage: get_features ADDRESS FEATURE[,FEATURE...] JOIN_KEY " +
			"[TIMEOUT_MS]")
		os.Exit(64)
	}
	timeout := time.Second
	if len(os.Args) > 4 {
		ms, err := strconv.Atoi(os.Args[4])
		if err != nil {
			log.Printf("TIMEOUT_MS: %v", err)
			os.Exit(64)
		}
		timeout = time.Duration(ms) * time.Millisecond
	}
	connection, err := connect(os.Args[1])
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	client := v1.NewOnlineServiceClient(connection)

	code := 0
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		keys := strings.Split(lines.Text(), ",")
		reply, err := ask(client, &v1.GetFeaturesRequest{
			Features:     strings.Split(os.Args[2], ","),
			Keys:         []*v1.KeyColumn{keyColumn(os.Args[3], keys)},
			IncludeNames: true, // Names and types of the columns.
		}, timeout)
		if err != nil {
			code = report(err)
		} else {
			printReply(keys, reply)
		}
		fmt.Println()
	}
	if err := lines.Err(); err != nil {
		log.Fatalf("standard input: %v", err)
	}
	connection.Close()
	os.Exit(code)
}
