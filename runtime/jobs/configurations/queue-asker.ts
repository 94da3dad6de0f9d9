import {
  Failure,
  filesOpenedBy,
  type LoadedScenario,
  loadScenario,
  type Scenario,
  type ScenarioText,
  scenarioText,
} from '../../../scenarios/index.ts'
import { backlogWarning } from '../demand.ts'
import { loadSystem, prepare, profileFor } from '../prepare.ts'
import type { ConfigurationBase } from '../simulations/configuration-runs.ts'
import { ConfigurationInputs } from './configuration-inputs.ts'
import type { SentBase, SentFiles } from './queue.ts'
import { OwnFiles } from './queue-files.ts'

/** What is asked of a worker for a configuration, and what its answer must be of. */
export interface Asks {
  readonly scenario: Scenario
  readonly hash: string
  /** where some of its inputs are uncertain */
  readonly uncertain?: true | undefined
  /** files that it reads, where they are others than those of the base */
  readonly files: SentFiles | null
}

/** Configurations that are kept: those that several jobs are for. */
const MOST_KEPT = 500

/**
 * The configurations of a sweep as the sweep itself reads them. So a worker gets the hash of each
 * file, and an answer is compared with the scenario that it must be of.
 */
export class QueueAsker {
  readonly base: SentBase
  readonly #source: ConfigurationBase
  readonly #text: ScenarioText
  readonly #files: OwnFiles
  readonly #inputs: ConfigurationInputs
  readonly #signal: AbortSignal | undefined
  readonly #kept = new Map<string, Promise<Asks>>()
  /** paths of what configurations read, by what they name */
  readonly #paths = new Map<string, Promise<readonly string[]>>()

  private constructor(
    source: ConfigurationBase,
    text: ScenarioText,
    { base, files, signal }: { base: SentBase; files: OwnFiles; signal: AbortSignal | undefined },
  ) {
    this.base = base
    this.#source = source
    this.#text = text
    this.#files = files
    this.#inputs = new ConfigurationInputs(base.profile)
    this.#signal = signal
  }

  /** Throws `Failure` as `prepare`, and for a file that workers would not read. */
  static async of(source: ConfigurationBase, signal?: AbortSignal): Promise<QueueAsker> {
    const { path, seed, set, loadOfRps, profile: chosen } = source
    const text = typeof path === 'string' ? await scenarioText(path) : path
    const { result: prepared, files } = await filesOpenedBy(() =>
      prepare(text, { set, seed, signal }),
    )
    const profile = typeof chosen === 'object' ? chosen : await profileFor(prepared, chosen)
    const ownFiles = new OwnFiles(text.directory, signal)
    const base = {
      file: text.file,
      text: text.text,
      set: [...set],
      seed,
      loadOfRps,
      profile,
      files: await ownFiles.sent(files),
    }
    const asker = new QueueAsker(source, text, { base, files: ownFiles, signal })
    asker.#paths.set(namedFiles(prepared), Promise.resolve(files))
    return asker
  }

  /** Throws `Failure` where the configuration is invalid, with the reason that it has anywhere. */
  asks(set: readonly string[]): Promise<Asks> {
    const key = JSON.stringify(set)
    const cached = this.#kept.get(key)
    if (cached !== undefined) return cached
    const asks = this.#asks(set)
    asks.catch(() => {})
    this.#kept.set(key, asks)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest!)
    return asks
  }

  /** What is wrong with a configuration; null where nothing is. */
  async refusalOf(set: readonly string[]): Promise<Failure | null> {
    try {
      const { profile } = this.#source
      const system = await loadSystem(this.#source.path, { ...this.#options(set), profile })
      backlogWarning(system, system.capacityRps, 1)
      return null
    } catch (error) {
      if (error instanceof Failure) return error
      throw error
    }
  }

  #options(set: readonly string[]) {
    const { set: common, seed } = this.#source
    return { set: [...common, ...set], seed, signal: this.#signal }
  }

  async #asks(set: readonly string[]): Promise<Asks> {
    const { result: loaded, files: named } = await this.#loaded(set)
    const { scenario, hash } = loaded
    const paths = [...new Set([...named, ...(await this.#pathsOf(loaded))])]
    const files = await this.#files.sent(paths)
    const same = JSON.stringify(files) === JSON.stringify(this.base.files)
    const drawn = await this.#inputs.of(loaded)
    const isUncertain = drawn !== null && { uncertain: true as const }
    return { scenario, hash, files: same ? null : files, ...isUncertain }
  }

  async #loaded(set: readonly string[]) {
    try {
      return await filesOpenedBy(() => loadScenario(this.#text, this.#options(set)))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      // a message names the place in the file, not in its text here
      throw (await this.refusalOf(set)) ?? error
    }
  }

  /** Traces may be long: they are read once for all configurations that name the same. */
  #pathsOf(loaded: LoadedScenario): Promise<readonly string[]> {
    const key = namedFiles(loaded)
    const cached = this.#paths.get(key)
    if (cached !== undefined) return cached
    const prepared = filesOpenedBy(() => prepare(loaded, { signal: this.#signal }))
    const paths = prepared.then(({ files }) => files)
    this.#paths.set(key, paths)
    // others that name the same may be valid
    paths.catch(() => this.#paths.delete(key))
    return paths
  }
}

/** What decides the files that a scenario reads when it is prepared. */
function namedFiles({ scenario: { traffic, models, pools } }: { scenario: Scenario }): string {
  return JSON.stringify([
    traffic.map(({ arrivals }) => ('file' in arrivals ? arrivals.file : null)),
    Object.entries(models).filter(([, model]) => 'onnx' in model),
    pools.map(({ model, precision }) => [model, precision]),
  ])
}
