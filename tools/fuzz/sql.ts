import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn } from '../../test/command-line.ts'
import { words } from './choose.ts'
import { type Aims, type HostileSql, hostileSql, SECRET, WRITTEN } from './hostile-sql.ts'
import { faultOf, type Outcome } from './outcome.ts'
import { Runner } from './runner.ts'
import { DECLARED } from './stock.ts'

/**
 * Hostile SQL through `spillway query`: it may read one table, change nothing and connect to
 * nothing. What it learns of another file need not be its content: that it is there, its size or
 * the names of its columns are enough.
 */

export interface SqlFinding {
  readonly number: number
  readonly sql: string
  readonly faults: readonly string[]
}

export interface SqlResult {
  readonly findings: readonly SqlFinding[]
  /** statements by the exit code of the command */
  readonly codes: ReadonlyMap<number | null, number>
}

/** Every file below a folder with a hash of its content. */
function contentOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = names.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const hash = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
    return `${path} ${hash}`
  })
  return files.sort().join('\n')
}

/** Fills a folder: a sweep, a text and a table that are no part of it, and a home with a secret. */
async function fill(folder: string): Promise<void> {
  mkdirSync(join(folder, 'home'))
  writeFileSync(join(folder, 'declared.yaml'), DECLARED)
  const sweep = 'sweep declared.yaml --replications 1 --set seed=1..4 --out swept'
  const { code, stderr } = await commandsIn(folder).runProcess(...words(sweep))
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`)
  writeFileSync(join(folder, 'secret.csv'), `${SECRET}\n`)
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const columnData = [{ name: SECRET, type: 'STRING' as const, data: [SECRET] }]
  writeFileSync(join(folder, 'secret.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })))
  await keepSecret(join(folder, 'home/.duckdb/stored_secrets'))
}

/** Keeps a secret where DuckDB looks for those of a user. */
async function keepSecret(folder: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`set secret_directory = '${folder}'`)
  const parts = `type http, bearer_token 'x', scope 'https://${SECRET}'`
  await connection.run(`create persistent secret kept (${parts})`)
  connection.closeSync()
}

/** A port of this machine that counts connections, and says nothing. */
async function listen() {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    /** Connections since the last call. */
    async taken(): Promise<number> {
      // those that are made are known after a turn of the event loop
      await turn()
      await turn()
      const taken = connections
      connections = 0
      return taken
    },
    close: () => server.close(),
  }
}

/** What DuckDB says before it has looked for a file: it may not, or has no such table or syntax. */
const UNSEEN =
  /^error: (Permission Error|Catalog Error|(Failed to extract statements: )?Parser Error)/m

/** `alike`: whether the answer is the same where the file is not there: it has looked at none. */
async function reachFault(
  { aim }: HostileSql,
  { code, stderr }: Outcome,
  alike: () => Promise<boolean>,
): Promise<string | null> {
  if (aim === 'harmless') return null
  const fault = code === 0 ? 'is answered' : 'is refused after a look at the file'
  if (aim !== 'read') return code === 0 ? fault : null
  return (code !== 0 && UNSEEN.test(stderr)) || (await alike()) ? null : fault
}

const ABSENT = 'absent'
const FILES = /\b(secret|absent)(?=\.)/g

/** What a command prints, whichever of the files it was about. */
const printed = ({ stdout, stderr }: Outcome) => `${stdout}${stderr}`.replaceAll(FILES, 'file')

export interface SqlOptions {
  readonly seed: number
  readonly count: number
  /** of a statement, ms */
  readonly limitMs: number
}

/** Runs statements 0 to `count` - 1 of a seed in an empty folder. */
export async function fuzzSql(
  folder: string,
  { seed, count, limitMs }: SqlOptions,
): Promise<SqlResult> {
  await fill(folder)
  const server = await listen()
  const aims = {
    text: join(folder, 'secret.csv'),
    table: join(folder, 'secret.parquet'),
    target: join(folder, `${WRITTEN}.x`),
    server: server.address,
  }
  const absent = {
    ...aims,
    text: join(folder, `${ABSENT}.csv`),
    table: join(folder, `${ABSENT}.parquet`),
  }
  const codes = new Map<number | null, number>()
  const findings: SqlFinding[] = []
  const shop = { stock: folder, cache: join(folder, 'cache'), limitMs }
  // without the proxy, DuckDB would ask servers that no test should reach
  const variables = { HOME: join(folder, 'home'), HTTP_PROXY: `http://${server.address}` }
  const runner = new Runner(folder, { ...shop, variables })
  let content = contentOf(folder)
  try {
    for (let number = 0; number < count; number++) {
      const drawn = (of: Aims) => hostileSql(number, of, new Random(`sql/${seed}/${number}`))
      const hostile = drawn(aims)
      const { sql } = hostile
      const args = ['query', 'swept', sql, '--json']
      const outcome = await runner.runIn(folder, args)
      codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1)
      const alike = async () => {
        const other = await runner.runIn(folder, ['query', 'swept', drawn(absent).sql, '--json'])
        return other.code === outcome.code && printed(other) === printed(outcome)
      }
      const reach = await reachFault(hostile, outcome, alike)
      const faults = [faultOf(args, outcome), reach].filter((fault) => fault !== null)
      if ((await server.taken()) > 0) faults.push('connects to a server')
      if ((outcome.stdout + outcome.stderr).includes(SECRET)) faults.push('reads another file')
      if (contentOf(folder) !== content) faults.push('changes files')
      if (faults.length > 0) findings.push({ number, sql, faults })
      for (const name of readdirSync(folder)) {
        if (name.startsWith(WRITTEN)) rmSync(join(folder, name), { recursive: true })
      }
      content = contentOf(folder)
    }
  } finally {
    await runner.close()
    server.close()
  }
  return { findings, codes }
}
