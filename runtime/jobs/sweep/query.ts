import { resolve } from 'node:path'
import { Failure } from '../../../scenarios/index.ts'
import { expectResults } from '../../folders/sweep-folder.ts'
import { askOnce, ChildEnded, entryBeside } from '../../process/child.ts'
import type { JobOptions } from '../options.ts'
import type { QueryRequest, QueryResult } from './query-process.ts'

/**
 * Runs SQL over the table `results` of a sweep's folder, which is all that it can read, and nothing
 * that it can write is kept. It runs in a process of its own, as a signal does not stop DuckDB at
 * every moment. Throws `Failure` where DuckDB is not installed, the sweep is not complete or the
 * SQL is wrong, and once the signal is set.
 */
export async function query(
  directory: string,
  sql: string,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<QueryResult> {
  await expectResults(directory)
  const request: QueryRequest = { directory: resolve(directory), sql }
  const entry = entryBeside(import.meta.url, 'query-process')
  return askOnce<QueryResult>(entry, request, { name: 'the query', signal }).catch(
    (error: unknown) => {
      throw error instanceof ChildEnded ? new Failure(error.problems) : error
    },
  )
}
