import type { Mailbox } from './mailbox.ts'

/**
 * Posts loads and unloads of models to executors. For a control plane an unload ends at once; on a
 * machine it takes time. So a load waits until all unloads on its device have ended.
 */
export class ModelLoadSequencer {
  readonly #mailboxes: readonly Pick<Mailbox, 'postOrder'>[]
  /** by executor; -1 for none */
  readonly #deviceOf: Int32Array
  /** by device: pending unloads, and executors whose loads wait for them */
  readonly #devices = new Map<number, { leaving: number; readonly waiting: number[] }>()
  /** executors whose models are loaded */
  readonly #present = new Set<number>()

  constructor(mailboxes: readonly Pick<Mailbox, 'postOrder'>[], deviceOf: Int32Array) {
    this.#mailboxes = mailboxes
    this.#deviceOf = deviceOf
  }

  /** Executors whose models are loaded. */
  get present(): readonly number[] {
    return [...this.#present]
  }

  load(executor: number): void {
    const { leaving, waiting } = this.#deviceFor(executor)
    if (leaving > 0) waiting.push(executor)
    else this.#mailboxes[executor]!.postOrder('load')
  }

  unload(executor: number): void {
    this.#deviceFor(executor).leaving++
    this.#present.delete(executor)
    this.#mailboxes[executor]!.postOrder('unload')
  }

  /** Reports the end of a load. */
  loaded(executor: number, ok: boolean): void {
    if (ok) this.#present.add(executor)
  }

  /** Reports the end of an unload. */
  unloaded(executor: number): void {
    const device = this.#deviceFor(executor)
    if (--device.leaving > 0) return
    for (const waiting of device.waiting.splice(0)) this.#mailboxes[waiting]!.postOrder('load')
  }

  #deviceFor(executor: number) {
    const number = this.#deviceOf[executor]!
    const device = this.#devices.get(number) ?? { leaving: 0, waiting: [] }
    this.#devices.set(number, device)
    return device
  }
}
