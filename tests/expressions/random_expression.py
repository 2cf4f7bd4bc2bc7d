# SPDX-License-Identifier: Apache-2.0
"""Random typed expressions, each as Freshet's text and as DuckDB's.

The two differ only where docs/expressions.md says that the languages do; each
such place is marked "differs" here.
"""

from expression_types import (
    AND, AS_TEXT, BOOL, BYTES, CAST, COMPARE, CONCAT, DECIMALS, DIGITS_MAX, DOUBLE,
    FLOAT, INT32, INT64, IS, MEMBER, NOT, NUMBERS, OR, PRIMARY, PRODUCT,
    Part, SIGN, STRING, SUM, TIMESTAMP, TYPES, as_double, common, common_of,
    decimal, digits, is_decimal, quoted, sql, without_sign_of_nan)

class Generator:
    """Draws expressions over columns given as a map of type to names."""

    def __init__(self, random, columns):
        self.random = random
        self.columns = columns
        # Of the last draw.
        self.used = set()  # Functions and operators.
        self.operations = 0

    def draw(self):
        self.used = set()
        type_ = self.random.choice(
            TYPES + [BOOL, BOOL, INT32, INT64, DOUBLE, STRING] * 3)
        self.operations = 0
        return self.part(type_, self.random.choice([1, 1, 1, 2, 2, 3, 4]))

    # Parts.

    def part(self, type_, depth):
        """Of exactly the type."""
        if depth <= 0 or self.random.random() < 0.08:
            return self.leaf(type_)
        makers = [self.choice]
        if type_ != BYTES:
            makers.append(self.cast)
        if type_ == BOOL:
            makers += [self.comparison] * 8
            makers += [self.logic, self.test, self.text_test] * 2
        elif type_ == STRING:
            makers += [self.text] * 4
        elif type_ == TIMESTAMP:
            makers += [self.time] * 2
        elif type_ != BYTES:
            makers += [self.number] * 5
        self.operations += 1
        part = self.random.choice(makers)(type_, depth - 1)
        if part is None or part.type != type_:
            return self.converted(part, type_, depth)
        if self.random.random() < 0.1:
            return Part(f"({part.ours})", f"({part.duck})", PRIMARY, part.type)
        return part

    def converted(self, part, type_, depth):
        if part is None:
            return self.part(type_, depth - 1)
        part = part.at(CAST)
        return Part(f"{part.ours}::{type_}", f"{part.duck}::{sql(type_)}", CAST,
                    type_)

    def some_number(self, depth):
        return self.part(self.random.choice(NUMBERS + [INT32, INT64, DOUBLE]),
                         depth)

    def leaf(self, type_):
        if self.random.random() < 0.75:
            name = self.random.choice(self.columns[type_])
            return Part(name, name, PRIMARY, type_)
        if self.random.random() < 0.05:
            return Part(f"CAST(NULL AS {type_})",
                        f"CAST(NULL AS {sql(type_)})", PRIMARY, type_)
        return self.literal(type_)

    def literal(self, type_):
        pick = self.random.choice
        if type_ == BOOL:
            text = pick(["TRUE", "FALSE"])
            return Part(text, text, PRIMARY, type_)
        if type_ == INT32:
            text = str(pick([0, 1, 2, 3, 7, 10, 100, 2147483647]))
            return Part(text, text, PRIMARY, type_)
        if type_ == INT64:
            text = pick(["3000000000", "9223372036854775807",
                         "-9223372036854775808", "-2147483649"])
            return Part(text, text, SIGN, type_)
        if type_ == DOUBLE:  # Differs: a decimal in DuckDB.
            text = pick(["0.5", "100.0", "1e3", "2.5", "0.1", "1e-7", "1e300"])
            return Part(text, f"CAST('{text}' AS DOUBLE)", PRIMARY, type_)
        if type_ == STRING:
            text = quoted(pick(["", "a", "it's", "a%", "hé", "12", "-3.5"]))
            return Part(text, text, PRIMARY, type_)
        if type_ == BYTES:
            return self.leaf_column(type_)
        text = {FLOAT: "1.5", TIMESTAMP: "2024-02-29 12:30:00.25"}.get(
            type_, "0.00")
        return Part(f"CAST('{text}' AS {type_})",
                    f"CAST('{text}' AS {sql(type_)})", PRIMARY, type_)

    def leaf_column(self, type_):
        name = self.random.choice(self.columns[type_])
        return Part(name, name, PRIMARY, type_)

    def binary(self, operator, level, left, right, type_, right_level=None):
        self.used.add(operator)
        left = left.at(level)
        right = right.at(level + 1 if right_level is None else right_level)
        return Part(f"{left.ours} {operator} {right.ours}",
                    f"{left.duck} {operator} {right.duck}", level, type_)

    def call(self, name, parts, type_, duck="{}"):
        """`duck` says how DuckDB writes it, where that differs."""
        self.used.add(name)
        call = name + "(" + ", ".join(p.ours for p in parts) + ")"
        theirs = name + "(" + ", ".join(p.duck for p in parts) + ")"
        return Part(call, duck.format(theirs), PRIMARY, type_)

    # Choices among values.

    def choice(self, type_, depth):
        kind = self.random.choice(
            ["case", "simple", "if", "coalesce", "nullif", "extreme"])
        if kind == "nullif":
            return self.nullif(type_, depth)
        if kind == "extreme" and type_ == BYTES:
            return None
        parts = self.comparable(depth, 2 if kind == "if" else 3, type_)
        if kind == "coalesce":
            return self.call("coalesce", parts, common_of(parts))
        if kind == "extreme":
            return self.call(self.random.choice(["greatest", "least"]), parts,
                             common_of(parts))
        condition = self.part(BOOL, depth)
        if kind == "if":
            return self.call("if", [condition] + parts, common_of(parts))
        return self.case(kind, condition, parts, depth)

    def nullif(self, type_, depth):
        part, other = self.part(type_, depth), self.alike(type_, depth)
        if (is_decimal(type_) or is_decimal(other.type)) and \
                common(type_, other.type) == DOUBLE:
            return None  # Differs, as in common.
        return self.call("nullif", [part, other], type_)

    def case(self, kind, condition, parts, depth):
        self.used.add("CASE")
        whens = [condition, self.part(BOOL, depth)]
        subject = ("", "")
        if kind == "simple":
            subject_type = self.random.choice([INT32, STRING])
            value, *whens = [self.part(subject_type, depth) for _ in range(3)]
            subject = (" " + value.ours, " " + value.duck)
        otherwise = parts[2:]
        if common_of(parts[:2]) == common_of(parts) and \
                self.random.random() < 0.3:
            otherwise = []

        def text(side):
            whole = "CASE" + subject[side]
            for when, then in zip(whens, parts):
                whole += " WHEN {} THEN {}".format(
                    *((when.duck, then.duck) if side else
                      (when.ours, then.ours)))
            for part in otherwise:
                whole += " ELSE " + (part.duck if side else part.ours)
            return whole + " END"

        return Part(text(0), text(1), PRIMARY, common_of(parts[:2] + otherwise))

    def alike(self, type_, depth):
        """Of the type or of one that becomes it, or the other way round."""
        if type_ in (BOOL, STRING, TIMESTAMP, BYTES) or \
                self.random.random() < 0.6:
            return self.part(type_, depth)
        return self.some_number(depth)

    def cast(self, type_, depth):
        if type_ == TIMESTAMP:
            source = self.leaf(STRING)
        elif type_ == STRING:
            source = self.part(self.random.choice(AS_TEXT), depth)
        else:
            source = self.part(self.random.choice(NUMBERS + [BOOL, STRING]),
                               depth)
            if source.type == BOOL and is_decimal(type_) and \
                    len(set(digits(type_))) == 1:
                return None  # Differs: DuckDB makes a 1 that has no room.
            if source.type == STRING and (is_decimal(type_) or type_ == FLOAT):
                # Differs: DuckDB does not read 5e-1 as a decimal(4,4), and
                # reads 5e-324 as a float.
                source = self.leaf(STRING)
        if self.random.random() < 0.3:
            part = self.converted(source, type_, depth)
        else:
            word = self.random.choice(["CAST", "TRY_CAST", "TRY_CAST"])
            self.used.add(word)
            part = Part(f"{word}({source.ours} AS {type_})",
                        f"{word}({source.duck} AS {sql(type_)})", PRIMARY,
                        type_)
        if type_ == STRING and source.type == DOUBLE:
            part.duck = without_sign_of_nan(part.duck)
        return part

    # Numbers.

    def number(self, type_, depth):
        if self.random.random() < 0.5:
            return self.arithmetic(type_, depth)
        if type_ in (INT32, INT64) and self.random.random() < 0.5:
            return self.whole(type_, depth)
        return self.function(type_, depth)

    def arithmetic(self, type_, depth):
        operator = self.random.choice(["+", "-", "*", "/", "//", "%", "-x"])
        if operator == "-x":
            self.used.add("unary -")
            operand = self.alike(type_, depth)
            part = operand.at(PRIMARY)
            if part.ours.isdigit():  # DuckDB widens negated constants.
                return None
            return Part("-" + part.ours, "-" + part.duck, SIGN, part.type)
        left, right = self.alike(type_, depth), self.alike(type_, depth)
        if operator == "//":  # Differs: only whole numbers here.
            if left.type not in (INT32, INT64) or right.type not in (
                    INT32, INT64):
                return None
        type_ = common(left.type, right.type)
        if operator == "/":
            type_ = FLOAT if type_ == FLOAT else DOUBLE
        # Differs: a decimal is a double to *, /, % and to what has 19 digits.
        if is_decimal(type_) and operator in ("*", "%"):
            type_ = DOUBLE
        left, right = as_double(left, type_), as_double(right, type_)
        level = SUM if operator in "+-" else PRODUCT
        part = self.binary(operator, level, left, right, type_)
        if is_decimal(type_):
            precision, scale = digits(type_)
            part.type = decimal(min(precision + 1, DIGITS_MAX), scale)
            if precision == DIGITS_MAX:  # Differs: 19 digits in DuckDB.
                part.duck = f"CAST({part.duck} AS {part.type})"
                part.level = SUM
        return part

    def whole(self, type_, depth):
        if type_ == INT32:
            return self.call("sign", [self.some_number(depth)], INT32,
                             "CAST({} AS INT32)")  # Differs: a TINYINT.
        kind = self.random.choice(["length", "strlen", "epoch_us"])
        source = TIMESTAMP if kind == "epoch_us" else STRING
        return self.call(kind, [self.part(source, depth)], INT64)

    def function(self, type_, depth):
        kind = self.random.choice(
            ["abs", "round", "round2", "floor", "ceil", "trunc", "sqrt", "ln",
             "log10", "log2", "exp", "pow", "abs"])
        operand = self.part(type_, depth)
        if kind == "abs":
            return self.call("abs", [operand], type_)
        if is_decimal(type_) and kind not in ("sqrt", "pow", "exp", "ln"):
            return None  # Differs: goes through double here.
        kept = type_ in (FLOAT, DOUBLE)
        if kind in ("round", "trunc"):
            return self.call(kind, [operand], type_)
        if kind == "round2":
            # Not beyond what a row may have: DuckDB wants a constant for some.
            places = Part(*[str(self.random.randint(-3, 4))] * 2, SIGN, INT32)
            return self.call("round", [operand, places], type_)
        if kind in ("floor", "ceil"):
            return self.call(kind, [operand], type_ if kept else DOUBLE)
        if kind == "pow":
            return self.call("pow", [operand, self.some_number(depth)], DOUBLE)
        return self.call(kind, [operand], DOUBLE)

    # Truth.

    def logic(self, _type, depth):
        kind = self.random.choice(["AND", "OR", "NOT"])
        left = self.part(BOOL, depth)
        if kind == "NOT":
            self.used.add("NOT")
            left = left.at(NOT)
            return Part("NOT " + left.ours, "NOT " + left.duck, NOT, BOOL)
        level = AND if kind == "AND" else OR
        return self.binary(kind, level, left, self.part(BOOL, depth), BOOL)

    def comparable(self, depth, count, type_=None):
        """Parts with a common type, some with one of their own."""
        type_ = type_ or self.random.choice(
            [INT32, INT64, FLOAT, DOUBLE, STRING, TIMESTAMP, BOOL, BYTES,
             decimal(*self.random.choice(DECIMALS))])
        parts = [self.alike(type_, depth) for _ in range(count)]
        wide = common_of(parts)
        return [as_double(part, wide) for part in parts]

    def comparison(self, _type, depth):
        kind = self.random.choice(["=", "==", "<>", "!=", "<", "<=", ">", ">=",
                                   "distinct", "between", "in"])
        few = kind == "in" and self.random.random() < 0.3
        parts = self.comparable(
            depth, 3 if kind in ("between", "in") and not few else 2)
        negated = self.random.choice(["", "NOT "])
        if kind == "distinct":
            left, right = parts[0].at(COMPARE), parts[1].at(COMPARE)
            operator = f"IS {negated}DISTINCT FROM"
            self.used.add("IS DISTINCT FROM")
            return Part(f"{left.ours} {operator} {right.ours}",
                        f"{left.duck} {operator} {right.duck}", IS, BOOL)
        if kind == "between":
            self.used.add("BETWEEN")
            value, low, high = [part.at(CONCAT) for part in parts]
            return Part(
                f"{value.ours} {negated}BETWEEN {low.ours} AND {high.ours}",
                f"{value.duck} {negated}BETWEEN {low.duck} AND {high.duck}",
                MEMBER, BOOL)
        if kind == "in":
            self.used.add("IN")
            value = parts[0].at(CONCAT)
            others = parts[1:]
            return Part(
                f"{value.ours} {negated}IN "
                f"({', '.join(part.ours for part in others)})",
                f"{value.duck} {negated}IN "
                f"({', '.join(part.duck for part in others)})",
                MEMBER, BOOL)
        return self.binary(kind, COMPARE, parts[0].at(MEMBER), parts[1], BOOL)

    def test(self, _type, depth):
        kind = self.random.choice(["NULL", "TRUE", "FALSE", "isnan", "isinf"])
        if kind in ("isnan", "isinf"):
            operand = self.part(self.random.choice([FLOAT, DOUBLE]), depth)
            return self.call(kind, [operand], BOOL)
        type_ = self.random.choice(TYPES) if kind == "NULL" else BOOL
        operand = self.part(type_, depth).at(IS)
        test = self.random.choice(["IS ", "IS NOT "]) + kind
        self.used.add("IS " + kind)
        return Part(f"{operand.ours} {test}", f"{operand.duck} {test}", IS,
                    BOOL)

    def text_test(self, _type, depth):
        kind = self.random.choice(["LIKE", "LIKE", "starts_with", "ends_with",
                                   "contains"])
        left, right = self.part(STRING, depth), self.part(STRING, depth)
        if kind != "LIKE":
            return self.call(kind, [left, right], BOOL)
        self.used.add("LIKE")
        escape = ""
        if self.random.random() < 0.5:
            pattern = quoted(self.random.choice(
                ["a%", "%b", "%é%", "_", "__%", "%a_", "%%", "", "1%", "a!%",
                 "%!_%", "!!%", "%a%b%"]))
            right = Part(pattern, pattern, PRIMARY, STRING)
            escape = self.random.choice(["", " ESCAPE '!'"])
        left, right = left.at(CONCAT), right.at(CONCAT)
        word = self.random.choice(["LIKE", "NOT LIKE"])
        return Part(f"{left.ours} {word} {right.ours}{escape}",
                    f"{left.duck} {word} {right.duck}{escape}", MEMBER, BOOL)

    # Strings and timestamps.

    def text(self, _type, depth):
        kind = self.random.choice(
            ["||", "concat", "lower", "upper", "substr", "substr3", "trim",
             "ltrim", "rtrim", "replace"])
        operand = self.part(STRING, depth)
        anything = self.part(self.random.choice(AS_TEXT + [STRING] * 6), depth)
        if anything.type == DOUBLE:
            anything.duck = without_sign_of_nan(f"({anything.duck})::VARCHAR")
        if kind == "||":
            return self.binary("||", CONCAT, operand, anything, STRING)
        if kind == "concat":
            return self.call("concat", [operand, anything], STRING)
        if kind in ("lower", "upper"):  # Differs: only ASCII here.
            letters = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                       "abcdefghijklmnopqrstuvwxyz")
            old, new = letters if kind == "lower" else letters[::-1]
            part = self.call(kind, [operand], STRING)
            part.duck = f"translate({operand.duck}, '{old}', '{new}')"
            return part
        if kind.startswith("substr"):
            places = [self.part(INT32, depth) for _ in kind[5:]]
            return self.call("substr", [operand] + places, STRING)
        if kind == "replace":
            others = [self.part(STRING, depth - 1) for _ in range(2)]
            return self.call("replace", [operand] + others, STRING)
        return self.call(kind, [operand], STRING)

    def time(self, _type, depth):
        seconds = self.part(INT32, depth).at(PRODUCT)
        micros = Part(f"{seconds.ours} * 1000000::int64",
                      f"{seconds.duck} * 1000000::INT64", PRODUCT, INT64)
        return self.call("make_timestamp", [micros], TIMESTAMP)
