import { type Profile, profileSchema } from '../../sim/world/index.ts'
import type { DocumentKind } from './document-kind.ts'
import { profileText } from './profile-text.ts'

export const profileKind: DocumentKind<Profile> = {
  written: 'What `calibrate` and `run` learn of a machine, profile.json.',
  schema: profileSchema,
  file: 'profile',
  text: (profile) => profileText(profile),
}
