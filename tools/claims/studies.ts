import type { StudyName } from './figures/index.ts'

/** A command whose figures stand in README or docs: what it takes, and what it depends on. */
export interface Study {
  /** an npm script, and its arguments for a whole run */
  readonly script: string
  readonly args: readonly string[]
  /** the page that it writes; its head is written from the record */
  readonly page: string | null
  /**
   * files and folders that decide its figures. A door of a folder imports all of it, so this is
   * narrower than what the command loads.
   */
  readonly dependsOn: readonly string[]
  /** data that are not part of the repository, and whether it runs without them */
  readonly data: string | null
  /** folder in which an interrupted run is kept; it is of the code that began it */
  readonly keptIn?: string
  /** whether the load of the machine changes its figures */
  readonly timed: boolean
}

/** What a simulated time depends on. */
export const SIMULATION = [
  ...['schema', 'parse', 'accelerators'].map((name) => `scenarios/${name}`),
  ...['kernel', 'traffic', 'serving', 'world', 'memory', 'accelerator', 'stats'].map(
    (name) => `sim/${name}`,
  ),
  ...['simulation', 'system', 'result', 'figures', 'capacity', 'scaling'].map(
    (name) => `sim/experiment/${name}`,
  ),
]
const library = (...names: string[]) => names.map((name) => `scenarios/library/${name}.yaml`)
const LIVE = ['runtime/live', 'runtime/calibration', 'runtime/models']
const COMMANDS = [
  ...['cli.ts', 'runtime/main.ts', 'runtime/call.ts', 'runtime/terminal.ts'],
  ...['commands', 'actions', 'folders', 'process'].map((name) => `runtime/${name}`),
]
/** Reading scenarios with traces. */
const TRACES = ['scenarios/trace', 'runtime/jobs/prepare.ts', 'runtime/jobs/trace-readers.ts']
/** What the fuzz tool loads and starts, whatever it tries. */
const FUZZ = [...COMMANDS, 'runtime/jobs', 'sim/experiment', 'sim/kernel', 'tools/fuzz']
/** What hostile servers and clients are drawn by. */
const HOSTILE = [
  ...['hostile', 'fuzz/choose.ts', 'fuzz/mutate-text.ts', 'fuzz/mutate-tree.ts'].map(
    (name) => `tools/${name}`,
  ),
  ...['tools/fuzz/record-whole.ts', 'sim/kernel'],
]
const CONFIGURATIONS = [
  ...['sim/experiment/configuration', 'runtime/jobs/configurations'],
  'runtime/jobs/simulations',
]

/** Where the data lie that are not part of the repository. */
const BESIDE = 'in ../shared/data'
const AZURE = 'the Azure LLM inference traces of 2023'

const USUAL = { args: [], page: null, data: null, timed: false } as const

/** A kind of the fuzz tool with so many runs, and what it depends on beside the tool. */
const fuzz = (kind: string, runs: number, ...further: readonly string[]): Study => ({
  ...USUAL,
  script: 'fuzz',
  args: [kind, `${runs}`],
  dependsOn: [...FUZZ, ...further],
})

export const STUDIES: Readonly<Record<StudyName, Study>> = {
  fidelity: {
    ...USUAL,
    script: 'fidelity',
    page: 'docs/background/fidelity.md',
    dependsOn: [
      ...SIMULATION,
      ...LIVE,
      ...['sim/experiment/comparison', 'sim/audit', 'runtime/jobs'],
      ...library('yardstick', 'payment-peak', 'azure-code', 'ocr', 'orientation'),
      ...['tools/fidelity', 'tools/mutants', 'scenarios/trace'],
      'tools/articles/azure.ts',
    ],
    data: `the Azure code trace, ${BESIDE} or at SPILLWAY_AZURE_CODE; without it one scenario is missing`,
    keptIn: 'runs/fidelity',
    timed: true,
  },
  'generation-fidelity': {
    ...USUAL,
    script: 'fidelity:generation',
    page: 'docs/background/generation-fidelity.md',
    dependsOn: [
      ...SIMULATION,
      ...LIVE,
      ...['sim/experiment/comparison', 'sim/audit', 'runtime/jobs'],
      ...library('chat-live', 'autocomplete-live'),
      ...['tools/generation-fidelity', 'tools/fidelity', 'tools/mutants'],
      'tools/articles/azure.ts',
    ],
    keptIn: 'runs/generation-fidelity',
    timed: true,
  },
  validation: {
    ...USUAL,
    script: 'validate',
    args: ['--write'],
    page: 'docs/background/validation.md',
    dependsOn: [
      ...SIMULATION,
      ...CONFIGURATIONS,
      ...['sim/experiment/validation', 'sim/theory', 'tools/validate.ts'],
      'tools/engine-coverage.ts',
    ],
  },
  'plan-study': {
    ...USUAL,
    script: 'study:plan',
    page: 'docs/background/plan-study.md',
    dependsOn: [
      ...SIMULATION,
      ...CONFIGURATIONS,
      ...['sim/experiment/plan', 'runtime/jobs/plan', 'runtime/jobs/defaults.ts'],
      'tools/plan-study',
    ],
    timed: true,
  },
  'uncertain-plans': {
    ...USUAL,
    script: 'study:uncertain-plans',
    page: 'docs/background/uncertain-plans.md',
    dependsOn: [
      ...SIMULATION,
      ...CONFIGURATIONS,
      ...['sim/experiment/plan', 'sim/experiment/uncertainty', 'runtime/jobs/plan'],
      ...['runtime/jobs/defaults.ts', 'tools/uncertain-plans'],
    ],
  },
  uncertainty: {
    ...USUAL,
    script: 'study:uncertainty',
    page: 'docs/background/uncertainty.md',
    dependsOn: [
      ...SIMULATION,
      ...CONFIGURATIONS,
      ...['sim/experiment/uncertainty', 'sim/theory', 'tools/uncertainty-study'],
      ...['runtime/jobs/headroom.ts', 'runtime/jobs/prepare.ts', 'runtime/jobs/simulate.ts'],
      'runtime/jobs/uncertainty.ts',
    ],
    keptIn: 'runs/uncertainty',
  },
  scrape: {
    ...USUAL,
    script: 'study:scrape',
    dependsOn: [
      ...SIMULATION,
      ...LIVE,
      ...['sim/experiment/uncertainty', 'runtime/serve', 'runtime/jobs/serve'],
      ...['runtime/jobs/import', 'runtime/jobs/uncertainty.ts', 'scenarios/evidence/prometheus'],
      'tools/scrape-study',
    ],
    timed: true,
  },
  'gate-study': {
    ...USUAL,
    script: 'gate-study',
    page: 'docs/background/gate-study.md',
    dependsOn: [
      ...SIMULATION,
      ...LIVE,
      ...['sim/experiment/gate', 'sim/experiment/comparison', 'runtime/jobs'],
      ...library('payment-peak', 'first', 'yardstick-light', 'yardstick'),
      'tools/gate-study',
    ],
    keptIn: 'docs/background/gate-study',
    timed: true,
  },
  resampling: {
    ...USUAL,
    script: 'resampling',
    dependsOn: [...SIMULATION, 'sim/experiment/comparison', 'tools/resampling'],
  },
  articles: {
    ...USUAL,
    script: 'articles',
    args: ['--write'],
    page: 'docs/background/articles.md',
    dependsOn: [
      ...SIMULATION,
      ...TRACES,
      ...library('azure-headroom-code', 'azure-headroom-conv'),
      ...library('azure-padding-code', 'azure-padding-conv'),
      // this folder alone, not those below it
      ':(glob)tools/articles/*.ts',
    ],
    data: `measurements of NVIDIA/DeepLearningExamples and ${AZURE}, ${BESIDE}`,
  },
  accelerators: {
    ...USUAL,
    script: 'articles',
    args: ['accelerators', '--write'],
    page: 'docs/background/accelerators.md',
    dependsOn: [
      ...SIMULATION,
      ...['tools/articles/accelerators', 'tools/articles/published.ts'],
      'tools/articles/server-model.ts',
    ],
    data: `published measurements of accelerators, ${BESIDE}`,
  },
  vllm: {
    ...USUAL,
    script: 'articles',
    args: ['vllm', '--write'],
    page: 'docs/background/vllm.md',
    dependsOn: [
      ...SIMULATION,
      ...['tools/articles/vllm', 'tools/articles/published.ts'],
      ...['tools/articles/accelerators/simplex.ts', 'tools/articles/accelerators/bert.ts'],
    ],
    data: `a load test of vLLM by inference-perf, ${BESIDE}`,
  },
  fleet: {
    ...USUAL,
    script: 'articles',
    args: ['fleet', '--write'],
    page: 'docs/background/fleet.md',
    dependsOn: [
      ...SIMULATION,
      ...TRACES,
      ...library('edge-or-centre'),
      ...['tools/articles/fleet', 'tools/articles/azure.ts', 'tools/articles/published.ts'],
      'tools/articles/server-model.ts',
    ],
    data: `rates of ServeGen and ${AZURE}, ${BESIDE}`,
  },
  bench: {
    ...USUAL,
    script: 'bench',
    dependsOn: [
      ...SIMULATION,
      ...CONFIGURATIONS,
      ...COMMANDS,
      ...['runtime/jobs/sweep', 'runtime/jobs/trace-readers.ts', 'scenarios/trace'],
      ...['tools/bench', 'tools/articles/fleet/rates.ts', 'tools/build.ts'],
      ...['tools/plan-study/space.ts', 'tools/plan-study/space.yaml'],
      ...['tools/bundles.ts', 'runtime/jobs/gate/other-version.ts', 'reports/terminal/align.ts'],
    ],
    timed: true,
  },
  digests: {
    ...USUAL,
    script: 'digests',
    args: ['--write'],
    dependsOn: [
      ...SIMULATION,
      ...['sim/experiment', 'sim/documents', 'scenarios/trace', 'scenarios/library'],
      ...['scenarios/profiles', 'runtime/jobs', 'tools/digests.ts'],
      ...['tools/gallery/simulated.ts', 'tools/gallery/sources.ts'],
    ],
    data: `${AZURE}, ${BESIDE}; without them their scenarios are left out`,
  },
  'fuzz-inputs': fuzz('inputs', 5000, 'runtime/models', 'runtime/parquet', 'scenarios', 'sim'),
  'fuzz-kills': fuzz('kills', 500, ...LIVE),
  'fuzz-sweeps': fuzz('sweeps', 20),
  'fuzz-audited': fuzz('audited', 10_000, ...SIMULATION, 'scenarios', 'sim/audit'),
  // it also reads what a gate writes
  'fuzz-baselines': fuzz('baselines', 200, 'reports/gate'),
  'fuzz-refs': fuzz('refs', 50),
  'fuzz-sql': fuzz('sql', 200, 'runtime/parquet'),
  'fuzz-queue': fuzz('queue', 500, 'scenarios/load'),
  'fuzz-queue-kills': fuzz('queue-kills', 100, 'scenarios/load'),
  'hostile-servers': {
    ...USUAL,
    script: 'hostile',
    args: ['servers', '1000'],
    dependsOn: [...HOSTILE, 'runtime/targets', 'runtime/models', 'runtime/serve'],
  },
}

/** What does not change a figure, though it lies in a folder that a study depends on. */
export const INDIFFERENT = [
  ...['*.test.ts', '*.test-helper.ts'],
  // the study writes it
  'tools/plan-study/plans.json',
]

/** The command as a user writes it. */
export function commandOf({ script, args }: Pick<Study, 'script' | 'args'>): string {
  return ['npm run', script, ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
}

/**
 * Minutes of the last run, as an estimate of the next; null where they are unknown, or of a run
 * with another length.
 */
export function minutesOf(
  study: Study,
  record: { readonly command: string; readonly minutes: number | null } | null,
): number | null {
  const words = commandOf(study).split(' ')
  const same = record?.command.split(' ').slice(0, words.length).join(' ') === words.join(' ')
  return same ? (record?.minutes ?? null) : null
}
