// What became of a mail.
import type { Schemas } from '../../ask'
import { useWords } from '../../words'

const TONES: Record<Schemas['MailState'], string> = {
  none: '',
  sending: 'accent',
  sent: 'good',
  failed: 'bad',
  skipped: '',
}

export function LetterTag({ state }: { state: Schemas['MailState'] }) {
  const say = useWords('exports')
  return <span class={`tag ${TONES[state]}`}>{say(`mail.${state}`)}</span>
}
