/**
 * The kernels as functions of JavaScript: one object per level of instructions this machine has, in ascending order.
 *
 *     { portable: { crc32(bytes, crc), … }, sse42: { … }, avx2: { … }, avx512: { … } }
 *
 * CRC-32s are numbers, 64-bit and 128-bit digests are bigints, BLAKE3 is bytes: see index.ts.
 */
#include <napi.h>

#include "kernels.h"

namespace {

using Napi::CallbackInfo;
using Napi::Value;
using plumbline::Level;

struct Bytes {
  const uint8_t* data;
  size_t length;
};

/** Argument `at`. @throws TypeError if it is no Uint8Array */
Bytes bytesAt(const CallbackInfo& info, size_t at) {
  const Value value = info[at];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "expected a Uint8Array");
  }
  const auto bytes = value.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.ByteLength()};
}

uint32_t u32At(const CallbackInfo& info, size_t at) { return info[at].IsUndefined() ? 0 : info[at].ToNumber().Uint32Value(); }

/** @throws TypeError if it is no bigint */
uint64_t u64At(const CallbackInfo& info, size_t at) {
  if (info[at].IsUndefined()) return 0;
  if (!info[at].IsBigInt()) throw Napi::TypeError::New(info.Env(), "expected a bigint");
  bool lossless;
  return info[at].As<Napi::BigInt>().Uint64Value(&lossless);
}

/** The level a function was made for. */
Level levelOf(const CallbackInfo& info) { return static_cast<Level>(reinterpret_cast<intptr_t>(info.Data())); }

Value crc32(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  return Napi::Number::New(info.Env(), plumbline::crc32(bytes.data, bytes.length, u32At(info, 1), levelOf(info)));
}

Value crc32c(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  return Napi::Number::New(info.Env(), plumbline::crc32c(bytes.data, bytes.length, u32At(info, 1), levelOf(info)));
}

Value crc64Nvme(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  return Napi::BigInt::New(info.Env(), plumbline::crc64Nvme(bytes.data, bytes.length, u64At(info, 1), levelOf(info)));
}

Value xxh3(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  return Napi::BigInt::New(info.Env(), plumbline::xxh3(bytes.data, bytes.length, u64At(info, 1), levelOf(info)));
}

Value xxh3Wide(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  uint64_t words[2];
  plumbline::xxh3Wide(bytes.data, bytes.length, u64At(info, 1), words, levelOf(info));
  return Napi::BigInt::New(info.Env(), 0, 2, words);
}

Value blake3(const CallbackInfo& info) {
  const Bytes bytes = bytesAt(info, 0);
  const uint8_t* key = nullptr;
  if (!info[1].IsUndefined()) {
    if (bytesAt(info, 1).length != 32) throw Napi::RangeError::New(info.Env(), "expected a key of 32 bytes");
    key = bytesAt(info, 1).data;
  }
  auto out = Napi::Uint8Array::New(info.Env(), info[2].IsUndefined() ? 32 : u32At(info, 2));
  plumbline::blake3(bytes.data, bytes.length, key, out.Data(), out.ByteLength(), levelOf(info));
  return out;
}

bool present(Level level) {
#ifdef PLUMBLINE_X86
  switch (level) {
    case Level::PORTABLE: return true;
    case Level::SSE42: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
    case Level::AVX2: return present(Level::SSE42) && __builtin_cpu_supports("avx2");
    case Level::AVX512: return present(Level::AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
  }
#endif
  return level == Level::PORTABLE;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  constexpr const char* NAMES[] = {"portable", "sse42", "avx2", "avx512"};
  for (intptr_t level = 0; level < 4 && present(static_cast<Level>(level)); level++) {
    void* const data = reinterpret_cast<void*>(level);
    auto kernels = Napi::Object::New(env);
    kernels["crc32"] = Napi::Function::New<crc32>(env, "crc32", data);
    kernels["crc32c"] = Napi::Function::New<crc32c>(env, "crc32c", data);
    kernels["crc64Nvme"] = Napi::Function::New<crc64Nvme>(env, "crc64Nvme", data);
    kernels["xxh3"] = Napi::Function::New<xxh3>(env, "xxh3", data);
    kernels["xxh3Wide"] = Napi::Function::New<xxh3Wide>(env, "xxh3Wide", data);
    kernels["blake3"] = Napi::Function::New<blake3>(env, "blake3", data);
    exports[NAMES[level]] = kernels;
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(plumbline, init)
