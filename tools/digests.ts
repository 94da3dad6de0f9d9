import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { shippedNames } from '../scenarios/index.ts'
import { pathOf } from './gallery/simulated.ts'
import { sourcesOf, traceSet } from './gallery/sources.ts'
import { smokeRun, studyCommand } from './study.ts'

/** SHA-256 of the results of the built command line: `npm run digests -- --help`. */

/** The digest of a result, or of an audit; null where its trace is not there. */
interface Digest {
  readonly of: string
  readonly hash: string | null
}

const command = studyCommand(
  'digests',
  'Prints the SHA-256 of the JSON result of every library scenario, and of the audit of each named run folder, to show that a change leaves all results the same. The commit in a document is left out. Digits of Math.exp and similar functions may differ between versions of Node.',
  [
    ['', 'every library scenario, in minutes'],
    ['-- runs/demo', 'the audit of this folder, too'],
  ],
)
  .argument('[folders...]', 'run folders')
  .parse()

const folders = command.args
if (command.opts<{ smoke?: true }>().smoke) {
  await smokeRun('digests', () => {
    const [first] = printed(['first'])
    const [again] = printed(['first'])
    if (first!.hash !== again!.hash) throw new Error('Expected the same result twice')
    return 'one scenario was simulated twice to the same result'
  })
} else {
  printed(shippedNames(), folders)
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
