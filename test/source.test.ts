import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import {
  importCycles,
  repositoryFiles,
  type SourceFile,
  sourceFiles,
  withoutComments,
  withoutTexts,
} from './source-files.ts'
import { ROOT } from './spillway.ts'

/** The rules of CONTRIBUTING.md that a machine can check. */

const files = sourceFiles()
const product = files.filter(({ path, isTest }) => !isTest && !/^(tools|test)\//.test(path))
const inTools = files.filter(({ path }) => path.startsWith('tools/'))
const inFolder = (folder: string) => product.filter(({ path }) => path.startsWith(`${folder}/`))

/** Folders with an index: other folders import from index.ts only. The longest match counts. */
const DOORS = [
  ...['kernel', 'traffic', 'serving', 'world', 'memory', 'stats', 'documents', 'theory'].map(
    (name) => `sim/${name}`,
  ),
  ...['sim/experiment', 'sim/audit', 'scenarios/checks', 'scenarios/evidence/prometheus'],
  'scenarios/evidence/statistics',
  ...['scenarios', 'reports'],
  ...['runtime/models', 'runtime/calibration', 'runtime/memory', 'runtime/noise'],
]
/** The files of scenarios that sim may import: plain data, so that sim runs in a browser. */
const SHARED = [
  'schema',
  'schema-accelerator',
  'objective',
  'takes-length',
  'model-key',
  'pool-accelerator',
]
  .concat('scaled-lengths', 'scenario-values', 'uncertain', 'client-side')
  .map((name) => `scenarios/schema/${name}.ts`)
  .concat('scenarios/failure.ts')

/**
 * Second doors of such folders: light ones, where the index would load what a command never uses,
 * and one to what loads ONNX Runtime. test/start.test.ts shows what they load.
 */
const SECOND_DOORS = [
  'scenarios/light.ts',
  'scenarios/load/load.ts',
  'sim/experiment/fit/fit-limits.ts',
  'runtime/models/onnx.ts',
]

const folderOf = (path: string) => DOORS.find((folder) => path.startsWith(`${folder}/`)) ?? null

/** `file: what` for each offence in a file. */
function offencesIn(
  among: readonly SourceFile[],
  offences: (file: SourceFile) => readonly string[],
) {
  return among.flatMap((file) => offences(file).map((offence) => `${file.path}: ${offence}`))
}

const matches = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([match]) => match)

/** Casts that tell the compiler nothing, or that go through a type which fits every other. */
function evasions(code: string): string[] {
  const any = /(?::|<|\bas)\s*any\b(?! \?)|\bany\[\]/g
  const through = /\bas\s+(?:unknown|object|\{\})\s+as\b|<\w+>\s*\(?<unknown>/g
  const never = /\bas\s+(?:readonly\s+)?never\b/g
  const bare = withoutTexts(code)
  return [any, through, never].flatMap((pattern) => matches(bare, pattern))
}

const CHART = 'reads into a chart: the type of a chart is a union of all that Vega-Lite draws'

/** Files that may evade types, with the reason. All are tests. */
const EVADED = {
  'reports/charts/accelerator/accelerator-charts.test.ts': CHART,
  'reports/charts/accelerator/card-charts.test.ts': CHART,
  'reports/charts/accelerator/held-out-charts.test.ts': CHART,
  'reports/charts/compared-charts.test.ts': CHART,
  'reports/charts/load/tuned-settings.test.ts': CHART,
  'reports/charts/memory-charts.test.ts': CHART,
  'reports/charts/sweeps.test.ts': CHART,
  'reports/tables/blame-table.test.ts': CHART,
  'runtime/folders/rows-file.test.ts': 'writes rows without a column, as an earlier version did',
  'sim/audit/evidence/delivered-order.test.ts': 'rows have only the columns that order them',
  'sim/traffic/source.test.ts': 'a class has only the keys that a trace needs',
  'test/memory-world.ts': 'a backend without some of its operations',
}

describe('boundaries', () => {
  test('the files are found, with their imports', () => {
    expect(inFolder('sim').length).toBeGreaterThan(50)
    const allImports = product.flatMap(({ imports }) => imports)
    expect(allImports).toContain('sim/serving/index.ts')
    expect(allImports).toContain('runtime/commands/run.ts')
    expect(allImports).toContain('node:worker_threads')
  })

  test('sim imports no Node module, no runtime and no reports, and only plain data of scenarios', () => {
    const foreign = offencesIn(inFolder('sim'), ({ imports }) =>
      imports.filter(
        (name) =>
          /^(node:|runtime\/|reports\/|cli\.ts|tools\/|test\/)/.test(name) ||
          (name.startsWith('scenarios/') && !SHARED.includes(name)),
      ),
    )
    expect(foreign).toEqual([])
  })

  test('the audit shares plans with the audited code, which it makes itself, and no code that decides', () => {
    const audit = inFolder('sim/audit')
    expect(audit.length).toBeGreaterThan(10)
    const shared = ['scenarios/schema/schema.ts', 'sim/serving/index.ts']
    const foreign = offencesIn(audit, ({ imports }) =>
      imports.filter((name) => !shared.includes(name) && !name.startsWith('sim/audit/')),
    )
    expect(foreign).toEqual([])
    // all else are types
    const evaluated = offencesIn(audit, ({ code }) =>
      [...code.matchAll(/^import (?!type\b)\{([^}]*)\} from '.*\/(?:schema|serving\/index)\.ts'/gm)]
        .flatMap(([, names]) => names!.split(',').map((name) => name.trim()))
        .filter((name) => name !== '' && !name.startsWith('type ')),
    )
    expect(evaluated).toEqual([
      'sim/audit/promises/promises.ts: servingPlan',
      'sim/audit/promises/promises.ts: topologyOf',
      'sim/audit/rules/memory/models.ts: topologyOf',
      'sim/audit/rules/requests/failed-batches.ts: topologyOf',
      'sim/audit/rules/requests/replica-budget.ts: topologyOf',
      'sim/audit/rules/requests/routing.ts: settingsOf',
      'sim/audit/rules/requests/routing.ts: topologyOf',
    ])
  })

  test('sim uses no clock, no console and no process, and draws only from seeded streams', () => {
    const clocks = /\b(Date|performance|setTimeout|setInterval|setImmediate)\b/g
    const impure = /\bMath\.random\b|\b(console|process|globalThis)\s*\.|\bcrypto\b/g
    const worldly = ({ code }: SourceFile) => {
      const bare = withoutTexts(code)
      return [...matches(bare, clocks), ...matches(bare, impure)]
    }
    expect(offencesIn(inFolder('sim'), worldly)).toEqual([])
    expect(offencesIn(inFolder('runtime'), worldly).length).toBeGreaterThan(10)
  })

  test('scenarios imports none of our other folders', () => {
    const foreign = offencesIn(inFolder('scenarios'), ({ imports }) =>
      imports.filter((name) => /^(sim|runtime|reports)\/|^cli\.ts$/.test(name)),
    )
    expect(foreign).toEqual([])
  })

  test('a scenario is parsed and checked without Node', () => {
    const pure = inFolder('scenarios').filter(({ path }) =>
      /^scenarios\/(parse|schema|checks|[^/]+\.ts$)/.test(path),
    )
    expect(pure.length).toBeGreaterThan(40)
    const foreign = offencesIn(pure, ({ path, imports }) =>
      ['scenarios/index.ts', 'scenarios/light.ts'].includes(path)
        ? []
        : imports.filter((name) => /^(node:|scenarios\/(load|trace|index))/.test(name)),
    )
    expect(foreign).toEqual([])
    const global = /\b(Buffer|process)\s*\./g
    expect(offencesIn(pure, ({ code }) => matches(withoutTexts(code), global))).toEqual([])
  })

  test('reports imports no runtime', () => {
    const foreign = offencesIn(inFolder('reports'), ({ imports }) =>
      imports.filter((name) => /^runtime\/|^cli\.ts$/.test(name)),
    )
    expect(foreign).toEqual([])
  })

  test('all output passes through one module', () => {
    const allowed = {
      'runtime/terminal.ts': 'the gate',
      'runtime/commands/progress.ts': 'a bar moves the cursor; its phase is made visible there',
      'runtime/memory/arena-process.ts': 'its parent reads its stderr and prints none of it',
    }
    const doors = /\b(process|io)\s*\??\.\s*(stdout|stderr)\b|\bconsole\b|\bwriteSync\b/g
    const hidden = /\bpicocolors\b|\bemitWarning\b|\{[^}]*\b(stdout|stderr)\b[^}]*\} = process\b/g
    const printing = offencesIn(product, ({ code }) => [
      ...matches(withoutTexts(code), doors),
      ...matches(code, hidden),
    ]).map((where) => where.split(':')[0])
    expect([...new Set(printing)].sort()).toEqual(Object.keys(allowed).sort())
  })

  test('one module loads ONNX Runtime: the one that turns its reports off', () => {
    const loads = /^(import|export) (?!type\b).*'onnxruntime-node'|\bimport\('onnxruntime-node'\)/m
    const loading = [...product, ...inTools].filter(({ code }) => loads.test(code))
    expect(loading.map(({ path }) => path)).toEqual(['runtime/models/onnx-runtime.ts'])
  })

  test('threads live in child processes, and no code ends one', () => {
    const starting = product.filter(({ code }) => /\bstartThread\(/.test(code))
    const hosts = [
      'runtime/live/fleet-threads.ts',
      'runtime/noise/noise-process.ts',
      'runtime/process/thread.ts',
    ]
    expect(starting.map(({ path }) => path).sort()).toEqual(hosts)
    expect(offencesIn(product, ({ code }) => matches(code, /\.terminate\(/g))).toEqual([])
    const makers = product.filter(({ code }) => /\bnew Worker\(/.test(code))
    expect(makers.map(({ path }) => path)).toEqual(['runtime/process/thread.ts'])
  })

  test('no command imports another', () => {
    const commands = inFolder('runtime/commands').filter(({ code }) =>
      /^export function define\b/m.test(code),
    )
    expect(commands.length).toBeGreaterThan(10)
    const paths = commands.map(({ path }) => path)
    const offences = offencesIn(product, ({ path, imports }) =>
      path === 'runtime/command-table.ts' ? [] : imports.filter((name) => paths.includes(name)),
    )
    expect(offences).toEqual([])
  })

  test('commands call jobs and print, and import nothing that measures or simulates', () => {
    const computes = /^(runtime\/(live|models|calibration|memory|noise|parquet)|sim\/experiment)\//
    const commands = [...inFolder('runtime/commands'), ...inFolder('runtime/actions')]
    expect(commands.length).toBeGreaterThan(50)
    expect(
      offencesIn(commands, ({ imports }) => imports.filter((name) => computes.test(name))),
    ).toEqual([])
  })

  test('jobs print nothing, and know no commands', () => {
    const printing = /^runtime\/(terminal|call|main)\.ts$|^runtime\/(commands|actions)\//
    const jobs = inFolder('runtime/jobs')
    expect(jobs.length).toBeGreaterThan(50)
    expect(
      offencesIn(jobs, ({ imports }) => imports.filter((name) => printing.test(name))),
    ).toEqual([])
  })

  test('draws use the elementary functions of the kernel, which are the same on every engine', () => {
    const drawing =
      /^sim\/(kernel|world|serving|traffic\/(arrivals|clients|lengths)|stats\/intervals\/normal)/
    const files = product.filter(
      ({ path }) => drawing.test(path) && !path.endsWith('elementary.ts'),
    )
    expect(files.length).toBeGreaterThan(100)
    const calls = /Math\.(exp|expm1|log|log1p|sin|cos|tan|sinh|cosh|tanh|cbrt|hypot|pow)\(/g
    expect(offencesIn(files, ({ code }) => matches(code, calls))).toEqual([])
  })

  test('folders are entered through their index, or a declared second door', () => {
    const through = offencesIn(product, ({ path, imports }) =>
      imports.filter((name) => {
        const folder = folderOf(name)
        if (folder === null || name === `${folder}/index.ts`) return false
        if (SECOND_DOORS.includes(name)) return false
        const light = path.startsWith('sim/') || path === 'runtime/process/interruption.ts'
        if (light && SHARED.includes(name)) return false
        return !path.startsWith(`${folder}/`)
      }),
    )
    expect(through).toEqual([])
  })

  test('sim and the parser of scenarios bundle for the browser', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: ['sim/experiment/index.ts', 'scenarios/parse/parse.ts'].map((path) =>
        join(ROOT, path),
      ),
      outdir: 'bundle',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    })
    expect(outputFiles[0]!.contents.length).toBeGreaterThan(10_000)
    expect(Object.keys(metafile.inputs).filter((path) => path.startsWith('runtime/'))).toEqual([])
  })
})

describe('form', () => {
  test('no comment has more than 100 columns', () => {
    // biome wraps code; strings may be longer
    const comment = /^\s*(\*|\/\/|\/\*)/
    const wide = offencesIn(files, ({ text }) =>
      text
        .split('\n')
        .flatMap((line, i) =>
          comment.test(line) && [...line].length > 100 ? [`line ${i + 1}`] : [],
        ),
    )
    expect(wide).toEqual([])
  })

  test('hashed draws of different purposes are apart', () => {
    // a draw of a message, a pool or a try takes a further number from that of its purpose on
    const distance = 2 ** 20
    const numbers = inFolder('sim').flatMap(({ code }) =>
      [...code.matchAll(/^(?:export )?const [A-Z]+ = (.*0x[0-9a-f]{8}.*)$/gm)].flatMap(
        ([, value]) => [...value!.matchAll(/0x[0-9a-f]{8}/g)].map(([number]) => Number(number)),
      ),
    )
    expect(numbers.length).toBeGreaterThan(10)
    const sorted = numbers.sort((a, b) => a - b)
    const close = sorted.filter((number, i) => number - (sorted[i - 1] ?? -distance) < distance)
    expect(close.map((number) => `0x${number.toString(16)}`)).toEqual([])
  })

  test('names are kebab-case', () => {
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|fc\.test|test-helper|config|d))?\.ts$/
    expect(files.map(({ path }) => path).filter((path) => !name.test(basename(path)))).toEqual([])
  })

  test('no module imports itself through others', () => {
    expect(importCycles(files)).toEqual([])
  })

  test('types are not evaded, and no work is left open', () => {
    const escapes = /@ts-(ignore|expect-error|nocheck)|\bTO[D]O\b|\bFIX[M]E\b/g
    const evading = files.filter(({ code }) => evasions(code).length > 0).map(({ path }) => path)
    expect(evading.sort()).toEqual(Object.keys(EVADED).sort())
    expect(offencesIn(files, ({ text }) => matches(text, escapes))).toEqual([])
  })

  test.each([
    'row as any',
    'rows: any[]',
    'new Map<any>()',
    'row as unknown as Row',
    'row as object as Row',
    'row as {} as Row',
    '<Row>(<unknown>row)',
    'row as\n  unknown as Row',
    'row as never',
    'rows as never[]',
    'rows as readonly never[]',
  ])('%j evades types', (code) => {
    expect(evasions(code)).not.toEqual([])
  })

  test.each([
    'JSON.parse(text) as unknown',
    'as unknown[]',
    '(): never',
    '// as never',
    "'as any'",
  ])('%j does not', (code) => expect(evasions(withoutComments(code))).toEqual([]))

  test('the repository holds the agreed entries and no others', () => {
    const agreed = ['sim', 'runtime', 'scenarios', 'reports', 'docs', 'test', 'tools', 'cli.ts']
      .concat('package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts')
      .concat('biome.json', 'knip.json', 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE')
      .concat('action.yml')
    const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')
    const unexpected = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !agreed.includes(name) && !ignored.includes(`${name}/`),
    )
    expect(unexpected).toEqual([])
    expect(repositoryFiles().filter((path) => /\.(orig|rej|bak|tmp)$/.test(path))).toEqual([])
  })

  test('the lock file names no host of packages', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
    expect(lock).not.toMatch(/"resolved"/)
  })
})
