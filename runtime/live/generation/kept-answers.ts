import type { AnswerColumns } from '../../../sim/audit/index.ts'
import { growColumns } from '../../../sim/kernel/index.ts'
import type { Answer } from './sequence-runner.ts'

const FIRST_ANSWERS = 1 << 14

/** The answers of a replay: 12 bytes each, as there may be millions. */
export class KeptAnswers {
  keys = new Uint32Array(FIRST_ANSWERS)
  tokens = new Int32Array(FIRST_ANSWERS)
  margins = new Float32Array(FIRST_ANSWERS)
  #count = 0

  add(key: number, { token, margin }: Pick<Answer, 'token' | 'margin'>): void {
    if (this.#count === this.keys.length) growColumns(this, 2 * this.#count)
    this.keys[this.#count] = key
    this.tokens[this.#count] = token
    this.margins[this.#count++] = margin
  }

  /** Those that have come so far. */
  get columns(): AnswerColumns {
    const count = this.#count
    return {
      keys: this.keys.slice(0, count),
      tokens: this.tokens.slice(0, count),
      margins: this.margins.slice(0, count),
    }
  }
}
