import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { LONGEST } from './longest-files.ts'

const rankOf = ({ moduleId }: TestSpecification) => {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return at < 0 ? LONGEST.length : at
}

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder

/**
 * Starts files that take long before the others. By default the largest files start first, so that
 * one worker ends with a small file that takes minutes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b))
  }
}
