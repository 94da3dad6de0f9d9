import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { expectedSeconds, recordedDurations } from './durations.ts'

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder

/**
 * Starts files that take long before the others, by the record of an earlier run. By default the
 * largest files start first, so that one worker ends with a small file that takes minutes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const durations = recordedDurations(root)
    const seconds = new Map(
      files.map((file) => [file, expectedSeconds(durations, relative(root, file.moduleId))]),
    )
    const longer = (a: TestSpecification, b: TestSpecification) => {
      const [ofA, ofB] = [seconds.get(a)!, seconds.get(b)!]
      return ofA === ofB ? 0 : ofB - ofA
    }
    const sorted = await super.sort(files)
    return sorted.sort(
      (a, b) =>
        groupOf(a) - groupOf(b) ||
        longer(a, b) ||
        // a worker serves one project: it loads the code again for another
        a.project.name.localeCompare(b.project.name),
    )
  }
}
