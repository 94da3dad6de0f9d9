import { EXIT, Failure } from '../../../scenarios/index.ts'
import { resultsPath } from '../../folders/sweep-folder.ts'

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

/**
 * Runs SQL over the table `results` of a sweep's folder. DuckDB loads nothing from the network.
 * Throws `Failure` where DuckDB is not installed, the sweep is not complete or the SQL is wrong.
 */
export async function query(directory: string, sql: string): Promise<QueryResult> {
  const path = await resultsPath(directory)
  const { DuckDBInstance } = await loadDuckDb()
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    const file = path.replaceAll("'", "''")
    await connection.run(`create view results as select * from read_parquet('${file}')`)
    const reader = await connection.runAndReadAll(sql)
    return { columns: reader.deduplicatedColumnNames(), rows: reader.getRowsJson() }
  } catch (error) {
    throw new Failure((error as Error).message.trim(), EXIT.invalidInput)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
