import type { Mailbox } from './mailbox.ts'

type Told = Pick<Mailbox, 'postMove'>

/**
 * Tells executors that their models come and go. To a control plane an unload is over at once; in
 * the world it takes time, so a load waits until its device has no model any more that is to go.
 */
export class ModelLoadSequencer {
  readonly #mailboxes: readonly Told[]
  /** of each executor; -1 for none */
  readonly #deviceOf: Int32Array
  /** of each device: unloads that are not over, and executors whose loads wait for them */
  readonly #devices = new Map<number, { leaving: number; readonly waiting: number[] }>()
  /** executors whose models have come */
  readonly #present = new Set<number>()

  constructor(mailboxes: readonly Told[], deviceOf: Int32Array) {
    this.#mailboxes = mailboxes
    this.#deviceOf = deviceOf
  }

  /** Executors whose models have come and not gone again. */
  get present(): readonly number[] {
    return [...this.#present]
  }

  load(executor: number): void {
    const { leaving, waiting } = this.#deviceFor(executor)
    if (leaving > 0) waiting.push(executor)
    else this.#mailboxes[executor]!.postMove('load')
  }

  unload(executor: number): void {
    this.#deviceFor(executor).leaving++
    this.#present.delete(executor)
    this.#mailboxes[executor]!.postMove('unload')
  }

  /** A load is over. */
  came(executor: number, ok: boolean): void {
    if (ok) this.#present.add(executor)
  }

  /** An unload is over. */
  went(executor: number): void {
    const device = this.#deviceFor(executor)
    if (--device.leaving > 0) return
    for (const one of device.waiting.splice(0)) this.#mailboxes[one]!.postMove('load')
  }

  #deviceFor(executor: number) {
    const number = this.#deviceOf[executor]!
    const known = this.#devices.get(number) ?? { leaving: 0, waiting: [] }
    this.#devices.set(number, known)
    return known
  }
}
