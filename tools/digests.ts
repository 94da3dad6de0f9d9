import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT } from '../scenarios/index.ts'
import { changedResults } from './claims/figures/digests.ts'
import { beginStudy, readRecord, writeRecord } from './claims/record.ts'

/**
 * Prints the SHA-256 of the JSON result of every library scenario, and of the audit of each named
 * run folder, and which results differ from their record. The commit in a document is left out.
 * Digits of Math.exp and similar functions may differ between versions of Node. `--write` records
 * the results; `--check` exits with 4 if one differs.
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const begun = beginStudy('digests')
const results: Record<string, string | null> = {}
for (const name of readdirSync(LIBRARY).filter((file) => file.endsWith('.yaml'))) {
  const path = join(LIBRARY, name)
  const options = traceOptions(path)
  results[name] = options === null ? null : digest(['simulate', path, ...options])
  console.log(`${results[name] ?? 'its trace is not there'}  ${path}`)
}
for (const folder of positionals) console.log(`${digest(['audit', folder])}  audit of ${folder}`)
const record = readRecord('digests')
if (record !== null) {
  const { commit, figures } = record
  const changed = changedResults(figures.results, results)
  const version = figures.node === process.version ? '' : `, with Node ${figures.node}`
  console.log(`\nagainst the record of commit ${commit?.slice(0, 12) ?? 'unknown'}${version}:`)
  console.log(changed.length === 0 ? 'no result differs' : changed.join('\n'))
  if (values.check && changed.length > 0) process.exitCode = EXIT.failed
}
if (values.write) await writeRecord(begun, { node: process.version, results })
