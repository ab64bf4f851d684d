/** What a program gives as a seal. */
import { type Given, isObject, wrong } from "../given.ts";
import type { Seal } from "./seal.ts";

/** A seal as `openSeal` or `seal` gives it. @throws TypeError */
export const sealGiven: Given<Seal> = (value, name) => {
  const { schema, algorithm, streams, root } = (isObject(value) ? value : {}) as Partial<Seal>;
  const isSeal =
    (schema === "plumbline.seal/1" || schema === "plumbline.seal/2") &&
    typeof algorithm === "string" &&
    Array.isArray(streams) &&
    root instanceof Uint8Array;
  return isSeal ? (value as Seal) : wrong(name, "an opened seal (see openSeal)", value);
};
