import type { StudyName } from './figures/index.ts'
import { readRecord, type StudyRecord } from './record.ts'
import { type Repository, repositoryAt } from './repository.ts'
import { STUDIES } from './studies.ts'

/** Whether the figures of a record are of the code that is checked out. */
export type State =
  | { readonly kind: 'current' }
  | { readonly kind: 'never run' }
  /** commits after the record touch these of what it depends on; or files that differ now */
  | {
      readonly kind: 'stale'
      readonly commits: number
      readonly touched: readonly string[]
      readonly edited: readonly string[]
    }
  /** the record is of a tree with changes that no commit has */
  | { readonly kind: 'changed' }
  | { readonly kind: 'unknown'; readonly why: string }

export function stateOf(study: StudyName, repository = repositoryAt()): State {
  const record = readRecord(study)
  return record === null
    ? { kind: 'never run' }
    : stateSince(record, STUDIES[study].dependsOn, repository)
}

/** The same of a record, or of the beginning of a run that is kept. */
export function stateSince(
  { commit, changed }: Pick<StudyRecord<StudyName>, 'commit' | 'changed'>,
  dependsOn: readonly string[],
  repository: Repository,
): State {
  if (commit === null) return { kind: 'unknown', why: 'recorded without a commit' }
  if (repository.headCommit() === null) {
    return { kind: 'unknown', why: 'this is no checkout of git' }
  }
  if (!repository.isAncestor(commit)) {
    const why =
      'its commit is not in the history of this checkout: a shallow clone, or another branch'
    return { kind: 'unknown', why }
  }
  const since = repository.commitsSince(commit, dependsOn)
  const edited = repository.uncommitted(dependsOn)
  if (since === null || edited === null) return { kind: 'unknown', why: 'git failed' }
  if (since.files.length > 0 || edited.length > 0) {
    const touched = placesOf(since.files, dependsOn)
    return { kind: 'stale', commits: since.commits, touched, edited: placesOf(edited, dependsOn) }
  }
  return changed ? { kind: 'changed' } : { kind: 'current' }
}

/** The files and folders of a list that hold these files. */
function placesOf(files: readonly string[], places: readonly string[]): string[] {
  const folder = (place: string) => place.replace(/^:\(glob\)/, '').replace(/\/\*\.ts$/, '')
  return places
    .map(folder)
    .filter((place) => files.some((file) => file === place || file.startsWith(`${place}/`)))
}

export function stateText(state: State): string {
  switch (state.kind) {
    case 'stale': {
      const { commits, touched, edited } = state
      const since =
        touched.length === 0
          ? []
          : [`${commits} commit${commits === 1 ? '' : 's'} that touch ${touched.join(', ')}`]
      const now = edited.length === 0 ? [] : [`uncommitted changes in ${edited.join(', ')}`]
      return `stale since ${[...since, ...now].join(', and ')}`
    }
    case 'changed':
      return 'recorded with uncommitted changes'
    case 'unknown':
      return `unknown: ${state.why}`
    default:
      return state.kind
  }
}
