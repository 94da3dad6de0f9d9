import type {
  Batch,
  Ms,
  Observer,
  Outcome,
  RequestFields,
  Source,
} from '../../sim/serving/index.ts'
import type { SlotTable } from './slot-table.ts'
import type { TokenSlab } from './token-slab.ts'

/** Requests of clients as the dispatcher pulls them. They may be sent at any time until `close`. */
export class SlotSource implements Source {
  readonly #table: SlotTable
  readonly #timeOf: (clock: Ms) => Ms
  #sent = 0

  /** `timeOf`: the time of the dispatcher at a reading of the clock of the fleet. */
  constructor(table: SlotTable, timeOf: (clock: Ms) => Ms) {
    this.#table = table
    this.#timeOf = timeOf
  }

  get isOpen(): boolean {
    return !this.#table.closed
  }

  /** Clients see how each request ends, and may send another. */
  get reactsUntil(): Ms {
    return this.isOpen ? Number.POSITIVE_INFINITY : 0
  }

  peek(): Ms {
    const slot = this.#table.next
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#timeOf(this.#table.at[slot]!)
  }

  take(requests: RequestFields, into: number): boolean {
    const table = this.#table
    const slot = table.next
    const at = this.#timeOf(table.at[slot]!)
    requests.at[into] = at
    requests.inputTokens[into] = table.length[slot]!
    requests.outputTokens[into] = table.answers[slot]!
    requests.class[into] = table.class[slot]!
    requests.attempt[into] = 1
    requests.firstScheduledAt[into] = at
    requests.key[into] = table.keyOf(slot)
    requests.sendId[into] = this.#sent++
    requests.part[into] = 0
    table.take(at)
    return true
  }

  settled(_class: number, key: number, outcome: Outcome, now: Ms): void {
    this.#table.settle(this.#table.slotOf(key), outcome, now)
  }
}

/** Writes the batch of each request into its slot, before the request settles. */
export class SlotObserver implements Observer {
  readonly #table: SlotTable
  readonly #requests: Pick<RequestFields, 'key'>
  readonly #tokens: Pick<TokenSlab, 'assign'> | null

  /** `tokens`: null where no model generates. */
  constructor(
    table: SlotTable,
    requests: Pick<RequestFields, 'key'>,
    tokens: Pick<TokenSlab, 'assign'> | null,
  ) {
    this.#table = table
    this.#requests = requests
    this.#tokens = tokens
  }

  arrived(_now: Ms, request: number): void {
    this.#tokens?.assign(request, this.#table.slotOf(this.#requests.key[request]!))
  }

  batch(_now: Ms, { executor, size, members, dispatched, started, ended }: Batch): void {
    const table = this.#table
    for (let i = 0; i < size; i++) {
      const slot = table.slotOf(this.#requests.key[members[i]!]!)
      table.size[slot] = size
      table.place[slot] = i
      table.executor[slot] = executor
      table.dispatched[slot] = dispatched
      table.started[slot] = started
      table.ended[slot] = ended
    }
  }
}
