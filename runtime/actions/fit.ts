import { isAbsolute, relative, resolve, sep } from 'node:path'
import { fittedScenarioYaml } from '../../reports/index.ts'
import {
  type ExitCode,
  findScenario,
  loadScenario,
  type MeasurementColumns,
} from '../../scenarios/index.ts'
import type { Fit } from '../../sim/documents/index.ts'
import { commandLine, note } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { fitKind } from '../documents/fit.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { fitTimes } from '../jobs/fit-times.ts'
import { emit } from './output.ts'

export interface FitOptions {
  readonly pool?: string
  readonly columns?: MeasurementColumns
  readonly where?: readonly (readonly [column: string, value: string])[]
  readonly set?: readonly string[]
  readonly json?: boolean
  readonly out?: string
}

/** The scenario as a file in the folder of --out extends it. */
async function fittedYaml(document: Fit, path: string, folder: string): Promise<string> {
  const { scenario } = await loadScenario(path)
  const model = scenario.models[document.model]!
  const work = 'work' in model ? model.work : null
  const { shipped = false } = findScenario(path, path) ?? {}
  const base =
    shipped || isAbsolute(path)
      ? path
      : relative(resolve(folder), resolve(path)).split(sep).join('/')
  return fittedScenarioYaml(document, {
    base,
    stated: work !== null && 'efficiency' in work ? work.efficiency : undefined,
    statesSlow: work !== null && 'slow' in work && work.slow !== undefined,
  })
}

/** The option for a key: --columns ms=NAME for ms. */
function flagOf(key: string): string {
  return key === 'where' || key === 'pool' ? `--${key}` : `--columns ${key}=NAME`
}

export async function perform(
  signal: AbortSignal,
  scenario: string,
  rows: string,
  options: FitOptions,
): Promise<ExitCode> {
  const { pool, columns, where, set, out } = options
  const undo = await writableFolder(out)
  const document = await withProgress((onProgress) =>
    fitTimes(scenario, rows, {
      pool,
      columns,
      where,
      set: set ?? [],
      key: flagOf,
      signal,
      onProgress,
      onNote: note,
      command: commandLine(),
    }),
  ).catch(undo)
  return emit(options, fitKind, document, {
    stage: async (change) =>
      change.write('fitted.yaml', await fittedYaml(document, scenario, out!)),
  })
}
