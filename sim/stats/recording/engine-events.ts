import type { KvUse, Ms, Observer, StepRun, TokenGapRun } from '../../serving/index.ts'

/** An event of an engine, which rows do not have. */
export interface EngineEvent {
  readonly time: Ms
  readonly report: (observer: Observer) => void
}

/** Keeps what engines do, in order, to report it again. */
export class EngineEventRecorder implements Observer {
  readonly events: EngineEvent[] = []

  stepped(time: Ms, run: StepRun): void {
    const kept = { ...run }
    this.events.push({ time, report: (observer) => observer.stepped?.(time, kept) })
  }

  kv(time: Ms, use: KvUse): void {
    const kept = { ...use }
    this.events.push({ time, report: (observer) => observer.kv?.(time, kept) })
  }

  gaps(time: Ms, run: TokenGapRun): void {
    const kept = { ...run }
    this.events.push({ time, report: (observer) => observer.gaps?.(time, kept) })
  }
}
