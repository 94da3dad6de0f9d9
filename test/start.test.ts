import { isBuiltin } from 'node:module'
import { build, type Metafile } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { commandNames } from '../runtime/command-table.ts'
import { commandLine } from '../tools/bundles.ts'
import { ROOT } from './command-line.ts'

/** What commands load, by esbuild's own record of the bundles that are built to dist/. */

const { metafile } = await build({
  ...commandLine,
  absWorkingDir: ROOT,
  write: false,
  metafile: true,
  logLevel: 'silent',
})
const { outputs } = metafile

type Output = Metafile['outputs'][string]

const chunkOf = (source: string) => {
  const names = [source, `later:${source}`]
  const chunk = Object.keys(outputs).find((path) => names.includes(outputs[path]!.entryPoint ?? ''))
  if (chunk === undefined) throw new Error(`Expected a chunk that starts with ${source}`)
  return chunk
}

interface Loaded {
  /** installed, or bundled */
  readonly packages: readonly string[]
  /** our files */
  readonly sources: readonly string[]
}

interface Extent {
  /** also what is imported while they run */
  readonly later?: boolean
  /** sources that are left out then, with what only they import */
  readonly except?: readonly string[]
}

/** The chunks that are loaded with some sources, and what these import. */
function chunksWith(sources: readonly string[], { later = false, except = [] }: Extent = {}) {
  const left = new Set(except.map(chunkOf))
  const chunks = new Set(sources.map(chunkOf))
  const installed = new Set<string>()
  for (const chunk of chunks) {
    for (const { path, kind, external } of outputs[chunk]!.imports) {
      // the start imports what was called, and all calls have it
      if (kind === 'dynamic-import' && (!later || start.has(chunk))) continue
      if (external === true) {
        if (!isBuiltin(path)) installed.add(packageOf(path))
      } else if (!left.has(path)) chunks.add(path)
    }
  }
  return { chunks, installed }
}

function loadedWith(sources: readonly string[], extent?: Extent): Loaded {
  const { chunks, installed } = chunksWith(sources, extent)
  const inputs = [...chunks].flatMap((chunk) => usedInputs(outputs[chunk]!))
  const bundled = inputs.flatMap((path) => {
    const [, module] = /.*node_modules\/(.+)$/.exec(path) ?? []
    return module === undefined ? [] : [packageOf(module)]
  })
  return {
    packages: [...new Set([...installed, ...bundled])].sort(),
    sources: inputs.filter(
      (path) => /^[\w-]+\/.*\.ts$/.test(path) && !path.includes('node_modules/'),
    ),
  }
}

const usedInputs = ({ inputs }: Output) =>
  Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))

/** The package of a module that is written as `@scope/package/file`. */
const packageOf = (module: string) =>
  module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/')

const START = ['cli.ts', 'runtime/main.ts']
const start: ReadonlySet<string> = chunksWith(START).chunks

const actionOf = (name: string) => `runtime/actions/${name}.ts`

test('help, and a refusal before a scenario is read, load commander, colours and no other package', () => {
  const definitions = commandNames.map((name) => `runtime/commands/${name}.ts`)
  const { packages, sources } = loadedWith([...START, ...definitions])
  expect(packages).toEqual(['commander', 'picocolors'])
  expect(sources.filter((path) => /^(sim|reports)\//.test(path))).toEqual([
    'sim/experiment/fit/fit-limits.ts',
  ])
  expect(sources.filter((path) => /^runtime\/(jobs|actions|models|live)\//.test(path))).toEqual([
    'runtime/jobs/defaults.ts',
    'runtime/jobs/configurations/search-space.ts',
    'runtime/jobs/fit-limits.ts',
  ])
})

test('an invalid scenario is refused by what reads it, and nothing that simulates is loaded', () => {
  const { sources: startSources } = loadedWith(START)
  const { packages, sources } = loadedWith(['scenarios/load/load.ts'])
  expect(packages).toEqual(['@noble/hashes', 'commander', 'picocolors', 'yaml', 'zod'])
  const further = sources.filter((path) => !startSources.includes(path))
  expect(further.filter((path) => !path.startsWith('scenarios/'))).toEqual([])
  expect(further).toContain('scenarios/schema/schema.ts')
})

test('a command starts with few files: one chunk has all that every command needs', () => {
  expect(start.size).toBe(4)
  for (const name of commandNames) {
    // its own, and what it shares with other commands
    const { chunks } = chunksWith([`runtime/commands/${name}.ts`])
    const ownChunks = [...chunks].filter((chunk) => !start.has(chunk))
    expect(ownChunks.length, name).toBeLessThanOrEqual(4)
  }
})

/** A model of the user is decoded, and the winner of a plan replayed, where that is asked for. */
const ASKED_FOR = ['runtime/models/onnx-graph.ts', 'runtime/jobs/plan/verify-winner.ts']

describe.each(['simulate', 'plan', 'sweep', 'report'])('%s', (name) => {
  test('never loads ONNX Runtime', () => {
    const { packages } = loadedWith([actionOf(name)], { later: true })
    expect(packages).toContain('zod')
    expect(packages).not.toContain('onnxruntime-node')
  })

  test('decodes the format of ONNX only where a model of the user has it', () => {
    const { packages } = loadedWith([actionOf(name)], { later: true, except: ASKED_FOR })
    expect(packages).not.toContain('onnx-proto')
  })

  test('draws charts only where they are asked for', () => {
    expect(loadedWith([actionOf(name)]).packages).not.toContain('vega')
    expect(loadedWith([actionOf(name)], { later: true }).packages).toContain('vega')
  })
})

test('what counts the operations of a model loads ONNX Runtime and its format', () => {
  const { packages } = loadedWith([actionOf('models-inspect')], { later: true })
  expect(packages).toEqual(expect.arrayContaining(['onnx-proto', 'onnxruntime-node']))
})
