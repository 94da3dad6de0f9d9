/**
 * The memory of an accelerator. Allocators reserve their regions from it. Several may share it:
 * each session of several models has its own arena.
 */
export class Device {
  readonly capacityBytes: number
  takenBytes = 0
  /** number of successful `take`s, and bytes of the last one */
  takes = 0
  lastTakenBytes = 0

  /** Infinity for no limit */
  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes
  }

  get freeBytes(): number {
    return this.capacityBytes - this.takenBytes
  }

  /** Reserves bytes; false where too few are left. */
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
