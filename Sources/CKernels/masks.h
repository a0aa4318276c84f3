// One bit a byte from compares of 64 bytes: the vector instruction that Swift's SIMD types do not
// reach (PMOVMSKB), once for every x86-64 (SSE2) and once for processors with AVX2. Other processors
// use the Swift twin. No logic here: only "which bytes are what".
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>

/// What is asked of every byte: bit i of word i / 64 stands for byte i.
typedef struct {
  /// An ASCII digit.
  uint64_t *_Nonnull digits;
  /// `k_`, `hse`, `ecr` or, in any case, `pin` begins here.
  uint64_t *_Nonnull literals;
  /// An ASCII letter.
  uint64_t *_Nonnull letters;
  /// May stand directly before a value: no letter but the A and D that end a percent form, no
  /// underscore, none of `,-./`.
  uint64_t *_Nonnull opens;
  /// The first of three bytes that may end a label for a code; AVX-512 only.
  uint64_t *_Nonnull endings;
  /// May stand between a label and its value: neither letter nor digit, or part of a percent form;
  /// AVX-512 only.
  uint64_t *_Nonnull blanks;
  /// A newline.
  uint64_t *_Nonnull lines;
  /// What encodings begin with; see `KernelTables.Form`.
  uint64_t *_Nonnull quads;
  uint64_t *_Nonnull spaced;
  uint64_t *_Nonnull marks;
} unpan_masks;

/// Bits of what the fills return: a byte is NUL or above 0x7F; a literal begins somewhere.
#define UNPAN_ODD 1
#define UNPAN_LITERALS 2

#define UNPAN_MASKS(V, LANES, LOAD, SET, ADD, OR, AND, ANDNOT, LT, EQ, MOVE)                             \
  uint64_t any = 0;                                                                                 \
  for (size_t block = 0; block < blocks; block++) {                                                 \
    uint64_t digits = 0, literals = 0, letters = 0, closes = 0, lines = 0, marks = 0;               \
    uint64_t heads = 0;                                                                             \
    for (int at = 0; at < 64; at += LANES) {                                                        \
      const uint8_t *q = p + block * 64 + at;                                                       \
      V a = LOAD((const void *)q), b = LOAD((const void *)(q + 1)), c = LOAD((const void *)(q + 2)); \
      odd = OR(odd, OR(a, EQ(a, SET(0))));                                                          \
      V low = ADD(a, SET((char)(0x80 - '0')));                                                      \
      digits |= (uint64_t)(uint32_t)MOVE(LT(low, SET((char)(0x80 + 10)))) << at;                    \
      V upper = OR(a, SET(0x20));                                                                   \
      V letter = LT(ADD(upper, SET((char)(0x80 - 'a'))), SET((char)(0x80 + 26)));                   \
      V point = LT(ADD(a, SET((char)(0x80 - ','))), SET((char)(0x80 + 4)));                         \
      V tail = OR(EQ(a, SET('A')), EQ(a, SET('D')));                                                \
      letters |= (uint64_t)(uint32_t)MOVE(letter) << at;                                            \
      closes |= (uint64_t)(uint32_t)MOVE(OR(OR(ANDNOT(tail, letter), point),                        \
                                            EQ(a, SET('_')))) << at;                                \
      V key = AND(EQ(a, SET('k')), EQ(b, SET('_')));                                                \
      V hook = AND(EQ(a, SET('h')), AND(EQ(b, SET('s')), EQ(c, SET('e'))));                         \
      V secret = AND(EQ(a, SET('e')), AND(EQ(b, SET('c')), EQ(c, SET('r'))));                       \
      V pin = AND(EQ(upper, SET('p')),                                                   \
                  AND(EQ(OR(b, SET(0x20)), SET('i')), EQ(OR(c, SET(0x20)), SET('n'))));             \
      literals |= (uint64_t)(uint32_t)MOVE(OR(OR(key, hook), OR(secret, pin))) << at;               \
      V line = OR(OR(EQ(b, SET('\n')), EQ(b, SET('\r'))), OR(EQ(b, SET('2')), EQ(b, SET('3'))));     \
      V form = OR(OR(EQ(a, SET('%')), EQ(b, SET('%'))), AND(EQ(a, SET('&')), EQ(b, SET('#'))));     \
      form = OR(form, OR(EQ(a, SET(27)), AND(EQ(a, SET('=')), line)));                              \
      V hex = EQ(b, SET('x'));                                                                      \
      form = OR(form, AND(EQ(a, SET('\\')), OR(EQ(b, SET('u')), hex)));                             \
      form = OR(form, AND(EQ(a, SET('0')), hex));                                                   \
      marks |= (uint64_t)(uint32_t)MOVE(form) << at;                                                \
      lines |= (uint64_t)(uint32_t)MOVE(EQ(a, SET('\n'))) << at;                                    \
      V head = OR(LT(ADD(a, SET((char)(0x80 - 'A'))), SET((char)(0x80 + 26))),                      \
                  LT(ADD(a, SET((char)(0x80 - 'a'))), SET((char)(0x80 + 6))));                      \
      head = OR(head, LT(ADD(a, SET((char)(0x80 - '2'))), SET((char)(0x80 + 6))));                  \
      heads |= (uint64_t)(uint32_t)MOVE(head) << at;                                                \
    }                                                                                               \
    out.digits[block] = digits;                                                                     \
    out.literals[block] = literals;                                                                 \
    any |= literals;                                                                                \
    out.letters[block] = letters;                                                                   \
    out.opens[block] = ~closes;                                                                     \
    out.marks[block] = marks;                                                                       \
    out.lines[block] = lines;                                                                       \
    out.quads[block] = heads;                                                                       \
  }                                                                                                 \
  return (MOVE(odd) != 0 ? UNPAN_ODD : 0) | (any != 0 ? UNPAN_LITERALS : 0)

#define UNPAN_LOAD128(p) _mm_loadu_si128((const __m128i *)(p))
#define UNPAN_LT128(a, b) _mm_cmplt_epi8(a, b)

static inline int unpan_fill_sse2(const uint8_t *_Nonnull p, size_t blocks, unpan_masks out) {
  __m128i odd = _mm_setzero_si128();
  UNPAN_MASKS(__m128i, 16, UNPAN_LOAD128, _mm_set1_epi8, _mm_add_epi8, _mm_or_si128, _mm_and_si128,
              _mm_andnot_si128, UNPAN_LT128, _mm_cmpeq_epi8, _mm_movemask_epi8);
}

#define UNPAN_LOAD256(p) _mm256_loadu_si256((const __m256i *)(p))
#define UNPAN_LT256(a, b) _mm256_cmpgt_epi8(b, a)

__attribute__((target("avx2"))) static inline int
unpan_fill_avx2(const uint8_t *_Nonnull p, size_t blocks, unpan_masks out) {
  __m256i odd = _mm256_setzero_si256();
  UNPAN_MASKS(__m256i, 32, UNPAN_LOAD256, _mm256_set1_epi8, _mm256_add_epi8, _mm256_or_si256,
              _mm256_and_si256, _mm256_andnot_si256, UNPAN_LT256, _mm256_cmpeq_epi8, _mm256_movemask_epi8);
}

static inline int unpan_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}

/// Fills one pair of masks for each of `blocks` times 64 bytes; reads two bytes more.
/// Returns `UNPAN_ODD` and `UNPAN_LITERALS`.
static inline int unpan_fill(const uint8_t *_Nonnull p, size_t blocks, int avx2, unpan_masks out) {
  return avx2 ? unpan_fill_avx2(p, blocks, out) : unpan_fill_sse2(p, blocks, out);
}
#endif
