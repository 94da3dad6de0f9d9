import { EXIT, Failure } from '../../../scenarios/light.ts'
import { RESULTS_FILE } from '../../folders/sweep-results.ts'
import { serveParent } from '../../process/serve-parent.ts'

/** SQL over the table of a sweep. */
export interface QueryRequest {
  /** absolute: the process may have started in another folder */
  readonly directory: string
  readonly sql: string
}

/** Rows of a query, each with a value for each column. */
export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

const INSTALL = 'npm install @duckdb/node-api'

/** DuckDB is 70 MB, so that only its users install it. */
async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [line] = message.split('\n')
    const why = code === 'ERR_MODULE_NOT_FOUND' ? 'which is not installed' : `which fails: ${line}`
    throw new Failure(`query needs DuckDB, ${why}; install it with: ${INSTALL}`)
  }
}

/** Before the SQL: nothing is loaded, kept or written by DuckDB itself. */
const OPTIONS: Readonly<Record<string, string>> = {
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  // it would be a folder that SQL may read and write
  temp_directory: '',
}

/**
 * The table is read by its name in the folder. In a path, DuckDB would take some characters for a
 * pattern, and parts such as seed=3 for columns.
 */
const READ = `create table results as
  from read_parquet('${RESULTS_FILE}', hive_partitioning = false, union_by_name = false)`

/** From here on SQL reaches no file and no network, and can change no setting. */
const CLOSE = [
  'set enable_external_access = false',
  "set disabled_filesystems = 'LocalFileSystem'",
  'set lock_configuration = true',
]

/** More values than this take gigabytes as text. */
const MOST_VALUES = 5_000_000

async function query({ directory, sql }: QueryRequest): Promise<QueryResult> {
  const { DuckDBInstance } = await loadDuckDb()
  try {
    process.chdir(directory)
    const instance = await DuckDBInstance.create(':memory:', { ...OPTIONS })
    const connection = await instance.connect()
    for (const statement of [READ, ...CLOSE]) await connection.run(statement)
    const result = await connection.stream(sql).catch((error: Error) => {
      // what DuckDB says where there is no statement
      throw error.message === 'Error in native callback' ? new Failure('no SQL statement') : error
    })
    const most = Math.floor(MOST_VALUES / Math.max(1, result.columnCount))
    const rows: unknown[][] = []
    for await (const chunk of result.yieldRowsJson()) {
      rows.push(...chunk)
      if (rows.length > most) throw tooMany()
    }
    return { columns: result.deduplicatedColumnNames(), rows }
  } catch (error) {
    throw new Failure((error as Error).message.trim(), EXIT.invalidInput)
  }
}

const tooMany = () =>
  new Failure(`the answer has more than ${MOST_VALUES.toLocaleString('en-US')} values; add a limit`)

serveParent(query)
