import { ACCESS_LOGS } from './access-logs/index.ts'
import { LOAD_GENERATORS, REFUSED, type Refused } from './load-generators/index.ts'
import type { RecordFormat } from './request-record.ts'

/** Formats of files with requests, and files that look alike but have none. */
export const RECORD_FORMATS: readonly RecordFormat[] = [...LOAD_GENERATORS, ...ACCESS_LOGS]
export const REFUSED_FILES: readonly Refused[] = REFUSED
