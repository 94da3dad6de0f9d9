import { readTraces } from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { type Imported, importedLog } from './imported-log.ts'

export interface ImportTracesOptions extends DocumentOptions {
  /** whose requests they are, by `service.name`; default: the only one that has requests */
  readonly service?: string | undefined
  /** what an unreadable span leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
}

/**
 * What spans of OpenTelemetry show of a server and its traffic. Throws `Failure` where they show no
 * request, or those of several services.
 */
export async function importTraces(
  paths: readonly string[],
  options: ImportTracesOptions = {},
): Promise<Imported> {
  const { service, badRows = 'error', signal, onProgress, command = LIBRARY_CALL } = options
  const read = await readTraces(paths, {
    service,
    badRows,
    onProgress: (file, bytes, total) => {
      onProgress?.(`reading ${file}`, bytes, total)
      throwIfAborted(signal)
    },
  })
  return importedLog({ ...read, format: 'otlp-json', timeStepMs: 0, command })
}
