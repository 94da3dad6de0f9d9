import { modelKey, modelLabel } from '../../scenarios/index.ts'
import { type Random, stream } from '../../sim/kernel/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type ServingPlan } from '../../sim/serving/index.ts'
import type { ModelProfile } from '../../sim/world/index.ts'
import type { Fleet } from '../live/fleet.ts'
import type { GenerationOptions } from '../live/generation/generation-options.ts'
import type { LiveSession } from '../live/live-session.ts'
import { type ModelFile, sessionOptions } from '../models/index.ts'
import { type MeasuredRound, runRound } from './calibrate-steps.ts'
import type { CalibrationTask } from './calibration.ts'
import type { ModelCalibration, TrafficRecording, WarmedUp } from './model-calibration.ts'
import {
  fewerSequencesText,
  fewestBlocks,
  planSteps,
  type StepLimits,
  slowStepsText,
} from './step-plan.ts'
import { stepProfile } from './step-profile.ts'

/** A task of a pool that generates. */
export type DecoderTask = CalibrationTask & { readonly generation: GenerationOptions }

export const isDecoderTask = (task: CalibrationTask): task is DecoderTask =>
  task.generation !== undefined

/** Rounds that are run one after another: medians of fewer show nothing of a slow spell. */
const TOGETHER = 3
const MOST_TIMES = 130
/** The warm-up has about two, and an occasion as many as are run together. */
const PLANNED_ROUNDS = 2 + TOGETHER

/**
 * The calibration of a model that generates: rounds of steps of one replica, as `stepRound` plans
 * them. They show its speed over time, too, so that no traffic is played. How replicas slow each
 * other down is not measured.
 */
export class DecoderCalibration implements ModelCalibration {
  readonly label: string
  readonly #task: DecoderTask
  /** those of the executor, or less where it is slow */
  #limits: StepLimits
  readonly #onTick: () => void
  readonly #random: Random
  #fleet: Fleet | null = null
  #roundMs = 0
  /** those that have ended */
  readonly #occasions: MeasuredRound[][] = []
  #present: MeasuredRound[] = []

  /** `onTick` is called often during a round. Throws `Failure` where no sequence can decode. */
  constructor(task: DecoderTask, onTick: () => void) {
    const { scenario, pool, generation } = task
    this.#task = task
    this.#onTick = onTick
    this.#limits = { ...generation, ...generation.cache }
    this.#random = stream(scenario.seed, 0, 'calibration')
    this.label = modelLabel(scenario, pool)
  }

  async open(session: LiveSession): Promise<void> {
    const { file, pool, generation } = this.#task
    this.#present = []
    // arenas grow with each new shape, of which steps have many
    const how = { ...sessionOptions(pool), memoryPattern: false }
    const engine = { file, session: how, warmUp: [], generation }
    const [opened] = await session.open([{ plan: planOf(this.#task), engines: [engine] }])
    this.#fleet = opened!.fleet
  }

  /** Runs the shortest rounds, and then the one that there is time for. */
  async warmUpShapes(budgetMs: number): Promise<WarmedUp> {
    const all = this.#limits
    this.#limits = fewestBlocks(all)
    // the first one is slower by what V8 compiles
    for (let i = 0; i < 2; i++) await this.#round()
    const perRoundMs = budgetMs / PLANNED_ROUNDS
    const planned = planSteps(all, { leastMs: this.#roundMs, budgetMs: perRoundMs })
    this.#limits = planned.limits
    await this.#round()
    const note = this.#noteOn(all, planned.allMs / perRoundMs)
    return { roundMs: TOGETHER * this.#roundMs, note }
  }

  /** `times`: as many times the given time would be enough for `all`. */
  #noteOn(all: StepLimits, times: number): WarmedUp['note'] {
    const { label } = this
    if (all !== this.#limits) {
      return (seconds) => slowStepsText(label, this.#limits, seconds * times)
    }
    const text = fewerSequencesText(label, all)
    return text === null ? null : () => text
  }

  async warmUpLoops(): Promise<void> {}

  async firstRound(budgetMs: number): Promise<number> {
    await this.runRounds(1)
    return this.#timesIn(budgetMs)
  }

  /** Runs some rounds so many times. */
  async runRounds(times: number): Promise<void> {
    for (let i = 0; i < times * TOGETHER; i++) this.#present.push(await this.#round())
  }

  /** Rounds go on for so long, if there is time for one. */
  async recordTraffic({ replicas, durationMs }: TrafficRecording): Promise<void> {
    if (replicas !== this.#task.pool.replicas || durationMs < TOGETHER * this.#roundMs) {
      return
    }
    await this.runRounds(this.#timesIn(durationMs))
  }

  #timesIn(budgetMs: number): number {
    const times = Math.floor(budgetMs / (TOGETHER * this.#roundMs))
    return Math.min(MOST_TIMES, Math.max(1, times))
  }

  async #round(): Promise<MeasuredRound> {
    const begun = performance.now()
    const round = await runRound(this.#fleet!, this.#limits, this.#random, this.#onTick)
    this.#roundMs = performance.now() - begun
    return round
  }

  end(): void {
    this.#occasions.push(this.#present)
    this.#present = []
  }

  profile(): ModelProfile {
    const { scenario, pool, file, occasion } = this.#task
    return {
      key: modelKey(scenario, pool),
      label: this.label,
      content: file.content,
      occasion,
      ...stepProfile(this.#occasions, this.#limits, { calibration: occasion, runs: runsOf(file) }),
      memory: null,
    }
  }
}

/** Where each sequence has a cache of its own, it has a run of its own. */
const runsOf = ({ decoder }: ModelFile) => (decoder?.layout.kind === 'past' ? 'apart' : 'together')

/** The task's pool with one replica, and without limits that would lose requests. */
const planOf = ({ plan }: DecoderTask): ServingPlan => ({
  routing: 'least-loaded',
  classes: [ANY_CLASS],
  pools: [{ ...plan, ...PLAIN_QUEUE, replicas: 1, memory: undefined, index: 0 }],
  devices: [],
})
