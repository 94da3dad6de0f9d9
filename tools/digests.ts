import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EXIT, shippedNames } from '../scenarios/index.ts'
import { changedResults, type DigestsFigures } from './claims/figures/digests.ts'
import { beginStudy, readRecord, writeRecord } from './claims/record.ts'
import { pathOf } from './gallery/simulated.ts'
import { sourcesOf, traceSet } from './gallery/sources.ts'
import { runStudy } from './study.ts'

/** SHA-256 of the results of the built command line: `npm run digests -- --help`. */

/** The digest of a result, or of an audit; null where its trace is not there. */
interface Digest {
  readonly of: string
  readonly hash: string | null
}

await runStudy<{ readonly check?: true; readonly write?: true }>({
  script: 'digests',
  description:
    'Prints the SHA-256 of the JSON result of every library scenario, and of the audit of each named run folder, to show that a change leaves all results the same. The commit in a document is left out. Digits of Math.exp and similar functions may differ between versions of Node.',
  examples: [
    ['', 'every library scenario, in minutes, and which differ from their record'],
    ['-- --check', `exits with ${EXIT.failed} if one differs`],
    ['-- --write', 'records them'],
    ['-- runs/demo', 'the audit of this folder, too'],
  ],
  define: (command) =>
    command
      .argument('[folders...]', 'run folders')
      .option('--check', `exit with ${EXIT.failed} if a result differs from its record`)
      .option('--write', 'record the results'),
  smoke: () => {
    const [first] = printed(['first'])
    const [again] = printed(['first'])
    if (first!.hash !== again!.hash) throw new Error('Expected the same result twice')
    return 'one scenario was simulated twice to the same result'
  },
  run: async ({ check, write }, { args: folders }) => {
    const begun = beginStudy('digests')
    const names = shippedNames()
    const digests = printed(names, folders)
    const results = Object.fromEntries(names.map((name, i) => [name, digests[i]!.hash]))
    if (differs(results) && check) process.exitCode = EXIT.failed
    if (write) await writeRecord(begun, { node: process.version, results })
  },
})

/** Prints which results differ from the record, where there is one. */
function differs(results: DigestsFigures['results']): boolean {
  const record = readRecord('digests')
  if (record === null) return false
  const { commit, figures } = record
  const changed = changedResults(figures.results, results)
  const by = figures.node === process.version ? '' : `, by Node ${figures.node}`
  console.log(`\nagainst the record of commit ${commit?.slice(0, 12) ?? 'unknown'}${by}:`)
  console.log(changed.length === 0 ? 'no result differs' : changed.join('\n'))
  return changed.length > 0
}

/** Prints each digest once it is known, and returns them. */
function printed(names: readonly string[], runFolders: readonly string[] = []): Digest[] {
  const all: Digest[] = []
  const add = (of: string, hash: string | null) => {
    all.push({ of, hash })
    console.log(`${hash ?? 'its trace is not there'}  ${of}`)
  }
  for (const name of names) {
    const path = pathOf(name)
    const options = traceSet(name).flatMap((text) => ['--set', text])
    const isThere = sourcesOf([name]).every((source) => source.isThere())
    add(path, isThere ? digest(['simulate', path, ...options]) : null)
  }
  for (const folder of runFolders) add(`audit of ${folder}`, digest(['audit', folder]))
  return all
}

function digest(args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (stdout === '') throw new Error(`spillway ${args.join(' ')}: ${stderr}`)
  const document = JSON.parse(stdout, (key, value) => (key === 'commit' ? undefined : value))
  return createHash('sha256').update(JSON.stringify(document)).digest('hex')
}
