import type { RequestFields } from '../../serving/index.ts'

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

type HashedColumns = Pick<RequestFields, 'at' | 'inputTokens' | 'outputTokens' | 'class'>

/**
 * A running hash of requests in order: time, length, output and class, in two lanes of 32 bits
 * (multiply and rotate, as in MurmurHash3). It distinguishes request lists; it is not
 * cryptographic.
 */
export class RequestHash {
  #low = 0x9747b28c | 0
  #high = 0x2545f491
  #count = 0

  /** Adds the request in a row of columns. */
  add(requests: HashedColumns, row: number): void {
    double[0] = requests.at[row]!
    this.#mix(words[0]!, words[1]!)
    this.#mix(requests.inputTokens[row]!, requests.class[row]!)
    const output = requests.outputTokens[row]!
    // 0 is skipped, so that lists without outputs keep the hashes of earlier versions
    if (output > 0) this.#mix(output, 0x68e31da4)
    this.#count++
  }

  /** Adds the prompt prefix of the last added request. */
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
    // | 0 keeps the lanes 32-bit integers, which are not allocated
    this.#low = (Math.imul(((low << 15) | (low >>> 17)) ^ high, 5) + 0xe6546b64) | 0
    this.#high = (Math.imul(((high << 13) | (high >>> 19)) ^ low, 5) + 0x561ccd1b) | 0
  }
}

function finish(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
