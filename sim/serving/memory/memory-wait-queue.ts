import type { Ms } from '../ports.ts'
import type { Station } from '../routing/station.ts'

interface Entry {
  readonly station: Station
  readonly since: Ms
}

/**
 * Stations that wait for memory of one device, in turn. Others go on meanwhile, but only with
 * requests that came before the first of the line began to wait: so nobody waits for ever, and
 * models do not change places for every batch.
 */
export class MemoryWaitQueue {
  #entries: Entry[] = []

  get length(): number {
    return this.#entries.length
  }

  at(place: number): Station | undefined {
    return this.#entries[place]?.station
  }

  /** Whether a request that came then has to wait for the first in line. */
  holdsBack(station: Station, came: Ms): boolean {
    const first = this.#entries[0]
    return first !== undefined && first.station !== station && came >= first.since
  }

  /** Waits; keeps its place where it waits already. */
  join(station: Station, now: Ms): void {
    if (!this.#entries.some((one) => one.station === station)) {
      this.#entries.push({ station, since: now })
    }
  }

  leave(station: Station): void {
    if (this.#entries.length === 0) return
    this.#entries = this.#entries.filter((one) => one.station !== station)
  }
}
