/** In which order waiting requests are served. */
export interface QueueOrder {
  push(request: number): void
  /** The request that goes next; -1 for none. */
  next(): number
  /** Takes out the request that goes next, for service. */
  take(): number
  /** Takes out one that gives up. */
  remove(request: number): void
}
