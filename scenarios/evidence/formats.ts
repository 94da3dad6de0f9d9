import { ACCESS_LOGS } from './access-logs/index.ts'
import { LOAD_GENERATORS, REFUSED, type Refused } from './load-generators/index.ts'
import type { RecordFormat } from './request-record.ts'

const SPANS: Refused = {
  looksLike: (beginning) => /^\s*\{\s*"(result|resourceSpans)"\s*:\s*[{[]/.test(beginning),
  problem: 'spans of OpenTelemetry: read them with `spillway import traces`',
}

/** Formats of files with requests, and files that look alike but have none. */
export const RECORD_FORMATS: readonly RecordFormat[] = [...LOAD_GENERATORS, ...ACCESS_LOGS]
export const REFUSED_FILES: readonly Refused[] = [...REFUSED, SPANS]
