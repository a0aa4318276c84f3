// The kernels once more for processors with AVX-512 VBMI, where a byte is looked up in a table of 64 or
// 128 in one instruction and compares give bits. The tables come from Swift, and so does the meaning of
// every bit; `SpanMasks.fillPlainly` and `numberEvents` say what this must give.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#include "masks.h"

#define UNPAN_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")))

/// What bytes are, by their lower seven bits; see `KernelTables`.
typedef struct {
  /// Bits: digit 0x80, letter 1, closes 2, percent sign 4, NUL 8, newline 16.
  const uint8_t *_Nonnull kinds;
  /// The first, second and third byte of what a bit stands for: 0x0F literals, 0xF0 endings; by the
  /// lower six bits.
  const uint8_t *_Nonnull first;
  const uint8_t *_Nonnull second;
  const uint8_t *_Nonnull third;
  /// Bit `second & 7` of byte `second % 32 / 8 * 32 + first % 32`: the two may stand so in an ending.
  const uint8_t *_Nonnull starts;
  /// The same of the third and the second byte.
  const uint8_t *_Nonnull ends;
  /// The same for `KernelTables.Form`; the third by its lower six bits.
  const uint8_t *_Nonnull form_first;
  const uint8_t *_Nonnull form_second;
  const uint8_t *_Nonnull form_third;
} unpan_tables;

static inline int unpan_has_avx512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512vbmi") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

#define UNPAN_TABLE(name)                                                                             \
  const __m512i name##0 = _mm512_loadu_si512(tables.name),                                             \
                name##1 = _mm512_loadu_si512(tables.name + 64)
#define UNPAN_HALF_TABLE(name) const __m512i name = _mm512_loadu_si512(tables.name)
#define UNPAN_LOOK(name, index) _mm512_permutex2var_epi8(name##0, index, name##1)
#define UNPAN_HALF_LOOK(name, index) _mm512_permutexvar_epi8(index, name)
#define UNPAN_BIT(v, bit) _mm512_test_epi8_mask(v, _mm512_set1_epi8((char)(bit)))
#define UNPAN_BIT_WHERE(mask, v, bit) _mm512_mask_test_epi8_mask(mask, v, _mm512_set1_epi8((char)(bit)))
#define UNPAN_OR3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xFE)
#define UNPAN_AND3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x80)
/// x & y | z
#define UNPAN_AND_OR(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xEA)

#define UNPAN_PERCENT 4
#define UNPAN_BEYOND_ASCII 8

/// All masks but `blanks`.
///
/// Two ports do all of this, so what counts is how many instructions there are.
/// A table of 64 entries takes one where one of 128 takes three: signs and digits share its entries with
/// letters, and a question says yes a little too often.
///
/// - Parameter is_ascii: taken for granted; what is filled means nothing if it is not so.
/// - Returns: `UNPAN_ODD` for a NUL, `UNPAN_LITERALS`, `UNPAN_PERCENT` and `UNPAN_BEYOND_ASCII`.
UNPAN_AVX512 __attribute__((always_inline)) static inline int
unpan_fill_blocks(const uint8_t *_Nonnull p, size_t blocks, unpan_masks out, unpan_tables tables,
                  int is_ascii) {
  UNPAN_TABLE(kinds);
  UNPAN_TABLE(starts);
  UNPAN_TABLE(ends);
  UNPAN_HALF_TABLE(first);
  UNPAN_HALF_TABLE(second);
  UNPAN_HALF_TABLE(third);
  UNPAN_TABLE(form_first);
  UNPAN_TABLE(form_second);
  UNPAN_HALF_TABLE(form_third);
  const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201);
  const __m512i row = _mm512_set1_epi8(0x1F), column = _mm512_set1_epi8(0x60);
  const __m512i upper = _mm512_set1_epi8((char)0xF0);
  __m512i seen = _mm512_setzero_si512(), all = _mm512_setzero_si512();
  uint64_t literals = 0;
  for (size_t block = 0; block < blocks; block++) {
    const uint8_t *q = p + block * 64;
    __m512i a = _mm512_loadu_si512(q), b = _mm512_loadu_si512(q + 1), c = _mm512_loadu_si512(q + 2);
    __mmask64 low = is_ascii ? ~(__mmask64)0 : ~_mm512_movepi8_mask(a);
    __mmask64 beyond = is_ascii ? 0 : _mm512_movepi8_mask(UNPAN_OR3(a, b, c));
    __m512i kind = _mm512_maskz_permutex2var_epi8(low, kinds0, a, kinds1);
    seen = _mm512_or_si512(seen, kind);
    all = _mm512_or_si512(all, a);
    out.digits[block] = _mm512_movepi8_mask(kind);
    out.letters[block] = UNPAN_BIT(kind, 1);
    out.opens[block] = _mm512_testn_epi8_mask(kind, _mm512_set1_epi8(2));
    out.lines[block] = UNPAN_BIT(kind, 16);

    __m512i mark = UNPAN_AND3(
        UNPAN_HALF_LOOK(first, a), UNPAN_HALF_LOOK(second, b), UNPAN_HALF_LOOK(third, c));
    uint64_t literal = UNPAN_BIT_WHERE(~beyond, mark, 0x0F);
    out.literals[block] = literal;
    literals |= literal;
    __m512i form = UNPAN_AND3(
        UNPAN_LOOK(form_first, a), UNPAN_LOOK(form_second, b), UNPAN_HALF_LOOK(form_third, c));
    out.quads[block] = UNPAN_BIT_WHERE(~beyond, form, 3);
    out.spaced[block] = UNPAN_BIT_WHERE(~beyond, form, 0x0C);
    out.marks[block] = UNPAN_BIT_WHERE(~beyond, form, 0xF0);

    // The second byte's column, beside the third's and the first's row.
    __m512i at = _mm512_and_si512(_mm512_slli_epi64(b, 2), column);
    __m512i pair = UNPAN_AND3(
        UNPAN_LOOK(ends, UNPAN_AND_OR(c, row, at)), UNPAN_LOOK(starts, UNPAN_AND_OR(a, row, at)),
        _mm512_shuffle_epi8(bits, b));
    pair = UNPAN_AND_OR(mark, upper, pair);
    out.endings[block] = _mm512_test_epi8_mask(pair, pair) | beyond;
  }
  return (UNPAN_BIT(seen, 8) != 0 ? UNPAN_ODD : 0) | (UNPAN_BIT(seen, 4) != 0 ? UNPAN_PERCENT : 0) |
         (literals != 0 ? UNPAN_LITERALS : 0) |
         (_mm512_movepi8_mask(all) != 0 ? UNPAN_BEYOND_ASCII : 0);
}

/// As `unpan_fill`, and fills `endings` and `blanks` as well. The upper two bits of `percents` say
/// whether the two bytes before are percent signs.
UNPAN_AVX512 static inline int
unpan_fill_avx512(const uint8_t *_Nonnull p, size_t blocks, unpan_masks out, unpan_tables tables,
                  uint64_t percents) {
  if (blocks == 0) return 0;
  // Text that is not ASCII nearly always shows it soon.
  __m512i head = _mm512_setzero_si512();
  for (size_t block = 0; block < blocks && block < 16; block++)
    head = _mm512_or_si512(head, _mm512_loadu_si512(p + block * 64));
  const uint8_t *end = p + blocks * 64;
  int seen = UNPAN_BEYOND_ASCII;
  if (_mm512_movepi8_mask(head) == 0 && (end[0] | end[1]) < 0x80)
    seen = unpan_fill_blocks(p, blocks, out, tables, 1);
  if ((seen & UNPAN_BEYOND_ASCII) != 0) seen = unpan_fill_blocks(p, blocks, out, tables, 0);
  for (size_t block = 0; block < blocks; block++)
    out.blanks[block] = ~(out.digits[block] | out.letters[block]);
  if ((seen & (UNPAN_BEYOND_ASCII | UNPAN_PERCENT)) != 0 || percents != 0) {
    for (size_t block = 0; block < blocks; block++) {
      __m512i a = _mm512_loadu_si512(p + block * 64);
      uint64_t percent = _mm512_cmpeq_epi8_mask(a, _mm512_set1_epi8('%'));
      out.blanks[block] &= ~_mm512_movepi8_mask(a);
      out.blanks[block] |= percent << 1 | percent << 2 | percents >> 63 | percents >> 62;
      percents = percent;
    }
  }
  return (seen & (UNPAN_ODD | UNPAN_LITERALS)) | ((seen & UNPAN_BEYOND_ASCII) != 0 ? UNPAN_ODD : 0);
}

/// Newlines in `blocks` times 64 bytes.
UNPAN_AVX512 static inline size_t unpan_count_newlines_avx512(const uint8_t *_Nonnull p, size_t blocks) {
  size_t count = 0;
  for (size_t block = 0; block < blocks; block++)
    count += (size_t)__builtin_popcountll(
        _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p + block * 64), _mm512_set1_epi8('\n')));
  return count;
}

/// Groups of one call, and room for their words and one vector more.
#define UNPAN_GROUPS_MAX 42
#define UNPAN_WORDS_MAX (8 * UNPAN_GROUPS_MAX + 8)

typedef uint64_t unpan_words __attribute__((vector_size(64)));

/// The events of whole groups of eight words of 48 new bytes, as `numberEvents` finds them in one.
///
/// `masks` are readable from 16 bits before their start, `groups` counts groups of 384 bytes, at most
/// `UNPAN_GROUPS_MAX`. Returns how many events were written.
UNPAN_AVX512 static inline size_t
unpan_number_events_avx512(unpan_masks masks, size_t groups, uint32_t offset, uint64_t always,
                           uint32_t *_Nonnull events) {
  uint8_t places[64];
  for (int word = 0; word < 8; word++)
    for (int byte = 0; byte < 8; byte++) places[word * 8 + byte] = (uint8_t)(word * 6 + byte);
  const __m512i spread = _mm512_loadu_si512(places);
  const __m512i steps = _mm512_set_epi64(336, 288, 240, 192, 144, 96, 48, 0);
  uint64_t all[UNPAN_WORDS_MAX], longs[UNPAN_WORDS_MAX], links[UNPAN_WORDS_MAX], starts[UNPAN_WORDS_MAX];
  size_t count = 0;
  for (size_t group = 0; group < groups; group++) {
#define UNPAN_WORDS(mask)                                                                            \
  (unpan_words) _mm512_permutexvar_epi8(                                                             \
      spread, _mm512_loadu_si512((const uint8_t *)(mask) + group * 48 - 2))
    unpan_words one = UNPAN_WORDS(masks.digits), letters = UNPAN_WORDS(masks.letters);
    unpan_words opens = UNPAN_WORDS(masks.opens), endings = UNPAN_WORDS(masks.endings);
    unpan_words blanks = UNPAN_WORDS(masks.blanks), lines = UNPAN_WORDS(masks.lines);
    unpan_words two = one & one << 1, three = two & one << 2, four = two & two << 2;
    unpan_words eight = four & four << 4, twelve = eight & four << 8;
    unpan_words is_long = twelve & ~(twelve << 1);

    unpan_words ended = endings << 2, seeds = (ended << 1 | 7) & blanks;
    unpan_words reached = (((seeds + blanks) ^ blanks) | seeds) & blanks;
    unpan_words after = (opens & (reached | ended)) | always;
    // The byte before a run of three lies four back from its end, before a run of four five.
    unpan_words is_four = one << 4, inner = after & ~lines, outer = after & lines;
    unpan_words in_line = (inner << 4 & ~is_four) | (inner << 5 & is_four);
    unpan_words begins_line = (outer << 4 & ~is_four) | (outer << 5 & is_four);
    unpan_words is_short = three << 1 & ~one & ~((four & is_four) << 1) &
                           (in_line | (begins_line & (opens | always)));

    // From the first byte behind four digits, if it is no letter, over up to seven more that are no
    // digits: by one, two and four places.
    unpan_words gap = ~one, reach = four << 1 & ~letters & gap;
    reach |= reach << 1 & gap;
    gap &= gap << 1;
    reach |= reach << 2 & gap;
    gap &= gap << 2;
    reach |= reach << 4 & gap;
    unpan_words is_link = three & reach << 3;

    unpan_words any = (is_long | is_link | is_short) & ~(uint64_t)0xFFFF;
    // Words with events are packed: a branch for each was mispredicted so often that it took four
    // fifths of this function (measured).
    __mmask8 told = _mm512_test_epi64_mask((__m512i)any, (__m512i)any);
    __m512i start = _mm512_add_epi64(_mm512_set1_epi64((long long)(offset + group * 384 - 16)), steps);
    _mm512_storeu_si512(all + count, _mm512_maskz_compress_epi64(told, (__m512i)any));
    _mm512_storeu_si512(longs + count, _mm512_maskz_compress_epi64(told, (__m512i)is_long));
    _mm512_storeu_si512(links + count, _mm512_maskz_compress_epi64(told, (__m512i)is_link));
    _mm512_storeu_si512(starts + count, _mm512_maskz_compress_epi64(told, start));
    count += (size_t)__builtin_popcount(told);
  }
  size_t written = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t rest = all[i];
    do {
      int bit = __builtin_ctzll(rest);
      // Long is 0, link 1, short 2.
      uint32_t is_long = longs[i] >> bit & 1, is_link = links[i] >> bit & 1;
      events[written++] = ((uint32_t)starts[i] + (uint32_t)bit) << 2 | (2 - 2 * is_long - is_link);
      rest &= rest - 1;
    } while (rest != 0);
  }
  return written;
}

/// Where something may be encoded, in whole groups, as `codedEvents` finds it in one word.
///
/// `masks`, `groups` and `offset` as above.
UNPAN_AVX512 static inline size_t
unpan_coded_events_avx512(unpan_masks masks, size_t groups, uint32_t offset, uint32_t *_Nonnull events) {
  uint8_t places[64];
  for (int word = 0; word < 8; word++)
    for (int byte = 0; byte < 8; byte++) places[word * 8 + byte] = (uint8_t)(word * 6 + byte);
  const __m512i spread = _mm512_loadu_si512(places);
  size_t written = 0;
  for (size_t group = 0; group < groups; group++) {
    unpan_words quads = UNPAN_WORDS(masks.quads), spaced = UNPAN_WORDS(masks.spaced);
    unpan_words marks = UNPAN_WORDS(masks.marks);
    unpan_words is_quad = quads & quads << 4;
    is_quad &= is_quad << 8;
    unpan_words is_spaced = spaced & spaced << 3;
    is_spaced &= is_spaced << 6 & spaced << 12;
    // Digits that end four bytes apart, before no letter: groups in hex would be many.
    unpan_words digits = UNPAN_WORDS(masks.digits), letters = UNPAN_WORDS(masks.letters);
    unpan_words close = ~(digits | letters) & digits << 1;
    close &= close << 4;
    is_spaced |= close & close << 8;
    unpan_words any = (is_quad | is_spaced | marks) & ~(uint64_t)0xFFFF;
    uint32_t rest = _mm512_test_epi64_mask((__m512i)any, (__m512i)any);
    if (rest == 0) continue;
    uint64_t all[8], found[2][8];
    _mm512_storeu_si512(all, (__m512i)any);
    _mm512_storeu_si512(found[0], (__m512i)is_quad);
    _mm512_storeu_si512(found[1], (__m512i)is_spaced);
    uint32_t start = offset + (uint32_t)group * 384 - 16;
    for (; rest != 0; rest &= rest - 1) {
      int word = __builtin_ctz(rest);
      for (uint64_t one = all[word]; one != 0; one &= one - 1) {
        int bit = __builtin_ctzll(one);
        // Of letters or pairs 0, cells 1, a mark 2.
        uint32_t kind = (found[0][word] >> bit & 1) ? 0 : 2 - (uint32_t)(found[1][word] >> bit & 1);
        events[written++] = (start + (uint32_t)(word * 48 + bit)) << 2 | kind;
      }
    }
  }
  return written;
}

/// The next place from `at` where three bytes are 0xF0 to 0xF9, or the end of the last whole block before
/// `end`; reads no byte from `end` on.
UNPAN_AVX512 static inline size_t
unpan_next_ebcdic_avx512(const uint8_t *_Nonnull p, size_t at, size_t end) {
  const __m512i zero = _mm512_set1_epi8((char)0xF0);
  for (; at + 66 <= end; at += 64) {
    __m512i a = _mm512_sub_epi8(_mm512_loadu_si512(p + at), zero);
    __m512i b = _mm512_sub_epi8(_mm512_loadu_si512(p + at + 1), zero);
    __m512i c = _mm512_sub_epi8(_mm512_loadu_si512(p + at + 2), zero);
    uint64_t found = _mm512_cmplt_epu8_mask(
        _mm512_max_epu8(_mm512_max_epu8(a, b), c), _mm512_set1_epi8(10));
    if (found != 0) return at + (size_t)__builtin_ctzll(found);
  }
  return at;
}

#define UNPAN_WITHIN(v, low, count)                                                                  \
  _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(low)), _mm512_set1_epi8(count))

/// The next place from `at` where `mayBeTag` holds, or the end of the last whole block before `end`;
/// reads up to 18 bytes more, and none from `count` on.
UNPAN_AVX512 static inline size_t
unpan_next_tag_avx512(const uint8_t *_Nonnull p, size_t at, size_t end, size_t count) {
  for (; at + 64 <= end && at + 64 + 18 <= count; at += 64) {
    __m512i a = _mm512_loadu_si512(p + at), b = _mm512_loadu_si512(p + at + 1);
    uint64_t tag = (_mm512_cmpeq_epi8_mask(a, _mm512_set1_epi8(0x5A)) & UNPAN_WITHIN(b, 6, 5)) |
                   (_mm512_cmpeq_epi8_mask(a, _mm512_set1_epi8(0x57)) & UNPAN_WITHIN(b, 9, 11));
    uint64_t type = UNPAN_WITHIN(a, 1, 0x28) & UNPAN_WITHIN(b, 0, 0x56);
    if (type != 0) {
      __m512i bits = _mm512_loadu_si512(p + at + 2);
      // Fields 2 and 3 are there.
      type &= _mm512_cmpeq_epi8_mask(
          _mm512_and_si512(bits, _mm512_set1_epi8(0x60)), _mm512_set1_epi8(0x60));
      uint64_t twice = _mm512_movepi8_mask(bits);
      type &= (~twice & UNPAN_WITHIN(_mm512_loadu_si512(p + at + 10), 0x12, 8)) |
              (twice & UNPAN_WITHIN(_mm512_loadu_si512(p + at + 18), 0x12, 8));
    }
    if ((tag | type) != 0) return at + (size_t)__builtin_ctzll(tag | type);
  }
  return at;
}
#endif
