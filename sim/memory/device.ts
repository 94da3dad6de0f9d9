/**
 * The memory of an accelerator. Allocators take their regions from it, and several may share it,
 * as the sessions of several models do: each has an arena of its own.
 */
export class Device {
  readonly capacityBytes: number
  takenBytes = 0
  /** how often something was taken, and how much the last time */
  takes = 0
  lastTakenBytes = 0

  /** Infinity for no limit. */
  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes
  }

  get freeBytes(): number {
    return this.capacityBytes - this.takenBytes
  }

  /** Takes so many bytes; false where they are not there. */
  take(bytes: number): boolean {
    if (bytes > this.freeBytes) return false
    this.takenBytes += bytes
    this.takes++
    this.lastTakenBytes = bytes
    return true
  }

  give(bytes: number): void {
    this.takenBytes -= bytes
  }
}
