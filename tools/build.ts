import { execFileSync } from 'node:child_process'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { schemaText } from '../runtime/folders/schema-text.ts'
import { scenarioJsonSchema } from '../scenarios/index.ts'
import { bundleChildren, commandLine, common } from './bundles.ts'

/** The library; package.json names its bundle and its declarations. */
const LIBRARY = 'runtime/jobs/index'
const TYPES = 'dist/types'

/** Bundles the command line, the library and their thread and process entry points to dist/. */
await rm('dist', { recursive: true, force: true })
const commands = await build({ ...commandLine, metafile: true })
await bundleChildren('dist')
const entryPoints = { library: `${LIBRARY}.ts` }
const library = await build({ ...common, entryPoints, metafile: true })
await writeLicences([commands, library].flatMap(({ metafile }) => Object.keys(metafile.inputs)))
await chmod('dist/cli.js', 0o755)
// the first line of every scenario in scenarios/library names it, for editors
await writeFile('scenarios/scenario.schema.json', schemaText(scenarioJsonSchema()))
execFileSync('npx', ['tsc', '-p', 'tools/declarations.json'], { stdio: 'inherit' })
await dropUnused(await reachable(`${TYPES}/${LIBRARY}.d.ts`))

/** The licences of the packages in the bundles, which have to go with their code. */
async function writeLicences(inputs: readonly string[]): Promise<void> {
  const folders = inputs.flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replace(/^\w+:/, ''))?.[0] ?? [],
  )
  const packagesOf = new Map<string, string[]>()
  for (const folder of [...new Set(folders)].sort()) {
    const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice)\b/i.test(name))
    for (const name of names) {
      const text = await readFile(join(folder, name), 'utf8')
      packagesOf.set(text, [...(packagesOf.get(text) ?? []), folder.replace(/^node_modules./, '')])
    }
  }
  const texts = [...packagesOf].map(([text, packages]) => `${packages.join(', ')}\n\n${text}`)
  await writeFile('dist/LICENCES.txt', texts.join('\n\n'))
}

/** The declarations that one of them needs, itself included. */
async function reachable(entry: string): Promise<ReadonlySet<string>> {
  const files = new Set([entry])
  for (const file of files) {
    const text = await readFile(file, 'utf8')
    for (const [, path] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g)) {
      files.add(join(dirname(file), `${path}.d.ts`))
    }
  }
  return files
}

/** tsc declares every module of the library; its types need fewer than half of them. */
async function dropUnused(used: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(TYPES, { recursive: true })) {
    const file = join(TYPES, name)
    if (file.endsWith('.d.ts') && !used.has(file)) await rm(file)
  }
}
