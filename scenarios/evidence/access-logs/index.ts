import { Failure } from '../../failure.ts'
import type { LineFormat, RecordFormat } from '../request-record.ts'

export const ACCESS_LOGS: readonly RecordFormat[] = []
export function nginxReader(format: string): LineFormat {
  throw new Failure(format)
}
