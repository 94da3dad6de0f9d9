/** The state of the load that a station waits for. */
export type LoadState =
  /** no load is under way, and none has failed */
  | 'none'
  /** the first load is under way */
  | 'loading'
  /** a load has failed, and some memory was released: the next one may begin */
  | 'failed'
  /** a further load is under way */
  | 'retrying'
  /** a load has failed, and the station waits until something on the device ends */
  | 'stalled'

/** What happens to a load. */
export type LoadEvent =
  | 'begun'
  /** the model is resident */
  | 'loaded'
  /** it failed, and memory was released */
  | 'released'
  /** it failed, and something that will end takes the memory */
  | 'blocked'
  /** it failed for good, and its batch with it */
  | 'given up'
  /** something on the device ended, or nothing there will */
  | 'ended'
  /** the station has no batch that waits for memory */
  | 'satisfied'

/** Events that are not listed leave the state as it is. */
const NEXT: Readonly<Record<LoadState, Readonly<Partial<Record<LoadEvent, LoadState>>>>> = {
  none: { begun: 'loading' },
  loading: { loaded: 'none', released: 'failed', blocked: 'stalled', 'given up': 'none' },
  failed: { begun: 'retrying', satisfied: 'none' },
  retrying: { loaded: 'none', released: 'failed', blocked: 'stalled', 'given up': 'none' },
  stalled: { ended: 'failed', satisfied: 'none' },
}

/** The load that a station waits for: a state machine, drawn in docs/design/009-structure.md. */
export class LoadAttempt {
  state: LoadState = 'none'

  get isUnderWay(): boolean {
    return this.state === 'loading' || this.state === 'retrying'
  }

  on(event: LoadEvent): void {
    this.state = NEXT[this.state][event] ?? this.state
  }
}
