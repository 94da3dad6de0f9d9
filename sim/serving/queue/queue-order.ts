/** The order in which waiting requests are served. */
export interface QueueOrder {
  push(request: number): void
  /** The request that goes next; -1 for none. */
  next(): number
  /** Takes out the request that goes next, for service. */
  take(): number
  /** Takes out a request without service. */
  remove(request: number): void
}
