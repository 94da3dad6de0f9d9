import { Failure, type RecordFormat, readRequests } from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { type Imported, importedLog } from './imported-log.ts'

export interface ImportRequestsOptions extends DocumentOptions {
  /** default: the one that the files look like */
  readonly format?: RecordFormat | undefined
  /** what an unreadable record leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
}

/**
 * What files of requests show of a server and its traffic, as a scenario and the evidence for each
 * of its values. Throws `Failure` where the files are none that are known.
 */
export async function importRequests(
  paths: readonly string[],
  options: ImportRequestsOptions = {},
): Promise<Imported> {
  const { format, badRows = 'error', signal, onProgress, command = LIBRARY_CALL } = options
  const read = await readRequests(paths, {
    format,
    badRows,
    onProgress: (file, bytes, total) => {
      onProgress?.(`reading ${file}`, bytes, total)
      throwIfAborted(signal)
    },
  })
  if (read === null) {
    const text = 'expected the file of a load generator or an access log, got another format'
    throw new Failure(
      `${paths[0]}: ${text}; state it with --format, or \`spillway trace fit\` takes any CSV`,
    )
  }
  const { log, files } = read
  const { name, latencyFrom, timeStepMs = 0 } = read.format
  return importedLog({
    ...{ files, log, format: name, timeStepMs, command },
    latencyFrom: latencyFrom === 'received' ? 'received' : 'sent',
  })
}
