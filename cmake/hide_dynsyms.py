#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a shared library, hiding the names that other libraries define too.

The pyarrow wheel's libparquet exports the whole static OpenSSL inside it, some
4,200 names that libcrypto.so.3 also defines. They carry no version, so the
dynamic linker lets either library capture the other's references, and a
process ends up with two OpenSSL versions mixed. A symbol marked STV_HIDDEN in
.dynsym is neither offered to other libraries nor looked up outside its own,
so in the copy each side keeps its own OpenSSL.
"""
import argparse
import pathlib
import struct

SHT_DYNSYM = 11
SHN_UNDEF = 0
STV_MASK = 3
STV_HIDDEN = 2
SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
SYMBOL = struct.Struct("<IBBHQQ")  # Elf64_Sym
OTHER_OFFSET = 5  # st_other in Elf64_Sym

# libstdc++'s own weak symbols must stay shared: exceptions and RTTI compare
# their addresses across libraries.
STD_PREFIXES = (b"_ZNS", b"_ZNKS", b"_ZS", b"_ZTISt", b"_ZTSSt", b"_ZTVSt",
                b"_ZTIN9__gnu", b"_ZTSN9__gnu")


def defined_symbols(image, path):
    """Yields (name, offset of its entry) for each name that `image` defines."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise SystemExit(f"{path}: not a little-endian 64-bit ELF file")
    table, = struct.unpack_from("<Q", image, 0x28)
    entry_size, count = struct.unpack_from("<HH", image, 0x3A)
    sections = [SECTION.unpack_from(image, table + i * entry_size)
                for i in range(count)]
    dynsym = next((s for s in sections if s[1] == SHT_DYNSYM), None)
    if dynsym is None:
        raise SystemExit(f"{path}: has no dynamic symbol table")
    start, size, strings = dynsym[4], dynsym[5], sections[dynsym[6]][4]
    for offset in range(start + SYMBOL.size, start + size, SYMBOL.size):
        name_at, _, _, section, _, _ = SYMBOL.unpack_from(image, offset)
        if section == SHN_UNDEF:
            continue
        end = image.index(b"\0", strings + name_at)
        yield bytes(image[strings + name_at:end]), offset


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("copy", type=pathlib.Path)
    parser.add_argument("reference", type=pathlib.Path, nargs="+",
                        help="library whose names are hidden in the copy")
    args = parser.parse_args()

    shared = set()
    for path in args.reference:
        shared.update(name for name, _ in defined_symbols(path.read_bytes(),
                                                          path))
    image = bytearray(args.source.read_bytes())
    hidden = 0
    for name, offset in list(defined_symbols(image, args.source)):
        if name not in shared or name.startswith(STD_PREFIXES):
            continue
        at = offset + OTHER_OFFSET
        image[at] = (image[at] & ~STV_MASK) | STV_HIDDEN
        hidden += 1
    args.copy.write_bytes(image)
    print(f"hid {hidden} names in {args.copy}")


if __name__ == "__main__":
    main()
