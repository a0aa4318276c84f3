#pragma once
#include <curl/curl.h>

// Only the types and numbers of libcurl: the library is opened at run time, so every function here
// takes the address of the one it calls. These are variadic, which Swift cannot call.

static inline CURLcode unpan_curl_set_number(void *function, CURL *handle, int option, long value) {
  return ((CURLcode(*)(CURL *, CURLoption, ...))function)(handle, (CURLoption)option, value);
}

static inline CURLcode unpan_curl_set_pointer(void *function, CURL *handle, int option,
                                              const void *value) {
  return ((CURLcode(*)(CURL *, CURLoption, ...))function)(handle, (CURLoption)option, value);
}

static inline CURLcode unpan_curl_set_callback(void *function, CURL *handle, int option,
                                               size_t (*value)(char *, size_t, size_t, void *)) {
  return ((CURLcode(*)(CURL *, CURLoption, ...))function)(handle, (CURLoption)option, value);
}

static inline CURLcode unpan_curl_get_number(void *function, CURL *handle, int info, long *value) {
  return ((CURLcode(*)(CURL *, CURLINFO, ...))function)(handle, (CURLINFO)info, value);
}

static inline CURLcode unpan_curl_get_pointer(void *function, CURL *handle, int info, void **value) {
  return ((CURLcode(*)(CURL *, CURLINFO, ...))function)(handle, (CURLINFO)info, value);
}

static inline CURLMcode unpan_curl_multi_set_number(void *function, CURLM *handle, int option,
                                                    long value) {
  return ((CURLMcode(*)(CURLM *, CURLMoption, ...))function)(handle, (CURLMoption)option, value);
}

// The result of a finished transfer lies in a union.
static inline int unpan_curl_result(const CURLMsg *message) { return (int)message->data.result; }
