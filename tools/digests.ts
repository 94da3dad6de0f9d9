import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * Prints the SHA-256 of the JSON result of every library scenario, and of the audit of each named
 * run folder, to show that a change leaves all results the same. The commit in a document is left
 * out. Digits of Math.exp and similar functions may differ between versions of Node.
 */

const LIBRARY = 'scenarios/library'

function digest(args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (stdout === '') throw new Error(`spillway ${args.join(' ')}: ${stderr}`)
  const document = JSON.parse(stdout, (key, value) => (key === 'commit' ? undefined : value))
  return createHash('sha256').update(JSON.stringify(document)).digest('hex')
}

/** Options for a scenario on the traces of ../shared; null if they are missing. */
function traceOptions(path: string): string[] | null {
  const [, kind] = /azure-(?:\w+-)?(code|conv)\.yaml$/.exec(path) ?? []
  if (kind === undefined) return []
  const trace = resolve(`../shared/data/azure_llm_2023_${kind}.csv.gz`)
  return existsSync(trace) ? ['--set', `traffic.${kind}.arrivals.file=${trace}`] : null
}

for (const name of readdirSync(LIBRARY).filter((file) => file.endsWith('.yaml'))) {
  const path = join(LIBRARY, name)
  const options = traceOptions(path)
  const hash = options === null ? 'its trace is not there' : digest(['simulate', path, ...options])
  console.log(`${hash}  ${path}`)
}
for (const folder of process.argv.slice(2)) {
  console.log(`${digest(['audit', folder])}  audit of ${folder}`)
}
