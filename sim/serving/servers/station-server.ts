import type { Carrier } from '../network/carrier.ts'
import type {
  Backend,
  Batch,
  ExecutorState,
  Ms,
  Observer,
  StepBackend,
  Timers,
  TransferBackend,
} from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { ArmedTimers } from './armed-timers.ts'
import type { RequestOutcomes } from './request-outcomes.ts'

/** Serves the requests that were routed to one station and let in. */
export interface StationServer {
  /** Registers a request on arrival, before admission; false where it could never be served. */
  couldHold(request: number): boolean
  /** A request has joined the queue. */
  offer(now: Ms, request: number): void
  /** The timer of the station has fired. */
  timer(now: Ms): void
  /** A batch has ended; its record holds the times and the status. */
  done(now: Ms, batch: Batch): void
  /** A load has ended; not ok where the device lacked memory. */
  loaded(now: Ms, executor: number, ok: boolean): void
  /** A run of steps has ended; the first step and the last one took so long. */
  steps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void
  /** An executor comes or goes. */
  executor(now: Ms, executor: number, state: ExecutorState): void
  /** Whether an executor runs a batch, or any sequence. */
  isBusy(executor: number): boolean
  /** The traffic has ended, see `EndOfTraffic`. */
  end(now: Ms): void
}

/** What the servers of all stations share. */
export interface ServerWorld {
  readonly requests: Requests
  readonly backend: Backend
  /** null where no pool may generate */
  readonly steps: StepBackend | null
  readonly observer: Observer
  readonly outcomes: RequestOutcomes
  readonly timers: ArmedTimers
  /** by executor: the record of its batch */
  readonly batches: readonly Batch[]
  /** An executor that was to stop has nothing left to do. */
  readonly stopped: (now: Ms, executor: number) => void
  /** Ends copies that wait in vain in any queue: called before anything starts; null without. */
  readonly withdraw: ((now: Ms) => void) | null
  readonly carrier: Carrier
}

/** What a control plane acts on and reports to. */
export interface ControlPlaneWorld extends Pick<ServerWorld, 'requests' | 'backend' | 'observer'> {
  readonly timers: Timers
  /** needed where a pool generates */
  readonly steps?: StepBackend
  /** needed where anything is sent over a channel */
  readonly transfers?: TransferBackend
}
