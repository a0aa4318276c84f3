"""Writes Parquet files to a directory: parquet.py DIR. Every file has 500 rows, a card in each fiftieth."""

import decimal
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
CARD = "4111111111111111"
cards = [CARD if row % 50 == 7 else None for row in range(500)]
table = pa.table({
    "id": pa.array(range(500)),
    "number": pa.array(cards),
    "whole": pa.array([int(card) if card else row for row, card in enumerate(cards)], pa.int64()),
    "exact": pa.array([decimal.Decimal(card) if card else None for card in cards], pa.decimal128(20, 2)),
    "float": pa.array([float(card) if card else 1.5 for card in cards]),
    "note": pa.array([f"paid with card {card}" if card else f"row {row}" for row, card in enumerate(cards)]),
    "cvv": pa.array([737 if card else None for card in cards], pa.int32()),
    "nested": pa.array([[{"card": card}, {"card": "x"}] if card else [] for card in cards]),
    "done": pa.array([True] * 500),
})


def write(name, table, **options):
    pq.write_table(table, f"{folder}/{name}.parquet", row_group_size=170, **options)


for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    for version in ["1.0", "2.0"]:
        for dictionary in [True, False]:
            write(
                f"{codec}-{version}-{'dictionary' if dictionary else 'plain'}", table, compression=codec,
                data_page_version=version, use_dictionary=dictionary, data_page_size=500)

for encoding, names in {
    "DELTA_BINARY_PACKED": ["whole"],
    "DELTA_LENGTH_BYTE_ARRAY": ["note"],
    "DELTA_BYTE_ARRAY": ["note"],
    "BYTE_STREAM_SPLIT": ["float"],
}.items():
    write(
        encoding, table.select(names), use_dictionary=False,
        column_encoding={name: encoding for name in names})

with zipfile.ZipFile(f"{folder}/export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write(f"{folder}/none-1.0-plain.parquet", "2024/cards.parquet")
