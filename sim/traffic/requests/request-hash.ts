const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/**
 * A running hash of requests in their order: time, length, output and class, two lanes of 32 bits
 * (multiply and rotate, as in MurmurHash3). It tells request lists apart; it is no defence.
 */
export class RequestHash {
  #low = 0x9747b28c | 0
  #high = 0x2545f491
  #count = 0

  add(at: number, length: number, output: number, number: number): void {
    double[0] = at
    this.#mix(words[0]!, words[1]!)
    this.#mix(length, number)
    // lists without outputs have the hash that they had before there were any
    if (output > 0) this.#mix(output, 0x68e31da4)
    this.#count++
  }

  /** Of the request that was added last, what its prompt begins with. */
  addPrefix(numbers: Int32Array): void {
    for (const number of numbers) this.#mix(number, 0x1b56c4e9)
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
    return hex(finish(this.#high ^ this.#count)) + hex(finish(this.#low ^ this.#count))
  }

  #mix(a: number, b: number): void {
    const low = Math.imul(this.#low ^ a, 0xcc9e2d51)
    const high = Math.imul(this.#high ^ b, 0x1b873593)
    // | 0 keeps the lanes whole numbers of 32 bits, which are not allocated
    this.#low = (Math.imul(((low << 15) | (low >>> 17)) ^ high, 5) + 0xe6546b64) | 0
    this.#high = (Math.imul(((high << 13) | (high >>> 19)) ^ low, 5) + 0x561ccd1b) | 0
  }
}

function finish(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
