import { readTraces } from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { type Imported, importedLog } from './imported-log.ts'

export interface ImportTracesOptions extends DocumentOptions {
  /** whose requests they are, by `service.name`; default: the only one that has requests */
  readonly service?: string | undefined
  /** share of the requests that was traced; default: as the spans state it */
  readonly share?: number | undefined
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
  const { service, share, badRows = 'error', signal, onProgress, command = LIBRARY_CALL } = options
  const { sampling, ...read } = await readTraces(paths, {
    ...{ service, share, badRows },
    onProgress: (file, bytes, total) => {
      onProgress?.(`reading ${file}`, bytes, total)
      throwIfAborted(signal)
    },
  })
  return importedLog({
    ...read,
    ...{ coverage: sampling, format: 'otlp-json', timeStepMs: 0, command },
  })
}
