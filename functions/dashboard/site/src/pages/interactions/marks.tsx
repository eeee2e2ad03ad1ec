// What people say about a call: success, labels, tags, a note, and a legal hold (features.md N7, N14, N15).
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange } from '../../ask'
import { pathId } from '../../ask/ids'
import { useFormat } from '../../kit/format'
import { Check, Field, Select, Text, wrongOf } from '../../kit/inputs'
import { Fact, Facts, Notice } from '../../kit/pieces'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'

type Label = Schemas['Label']
const LABELS: Label[] = ['unique', 'repeat', 'target', 'spam']

interface MarksProps {
  recordId: string
  marks: Schemas['MarksView']
  /** What the call's labels are without anybody's word. */
  labels: string[]
}

export function Marks({ recordId, marks, labels }: MarksProps) {
  const session = useSession()
  const say = useWords('interactions')
  const [saved, setSaved] = useState(false)
  if (!session.may('work_cases')) return <MarksRead marks={marks} />
  return (
    <>
      <MarksForm key={marks.version} recordId={recordId} marks={marks} labels={labels} told={setSaved} />
      {saved ? (
        <div role="status">
          <Notice tone="good">{say('marks_saved')}</Notice>
        </div>
      ) : null}
    </>
  )
}

function MarksRead({ marks }: { marks: Schemas['MarksView'] }) {
  const say = useWords('interactions')
  const term = useTerms()
  if (!marks.version) return <p class="faint">{say('no_marks')}</p>
  return (
    <Facts>
      <Fact name={say('success')}>
        {say(marks.success === null ? 'success.none' : marks.success ? 'success.yes' : 'success.no')}
      </Fact>
      {marks.labels ? (
        <Fact name={say('labels')}>{marks.labels.map((label) => term(`label.${label}`)).join(', ')}</Fact>
      ) : null}
      {marks.tags.length ? <Fact name={say('tags')}>{marks.tags.join(', ')}</Fact> : null}
      {marks.note ? <Fact name={say('note')}>{marks.note}</Fact> : null}
      {marks.legal_hold ? <Fact name={say('legal_hold')}>{say('success.yes')}</Fact> : null}
    </Facts>
  )
}

/** Made anew with each version of the marks, so `told` says to its parent that they were kept. */
function MarksForm({ recordId, marks, labels, told }: MarksProps & { told: (saved: boolean) => void }) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const session = useSession()
  const people = useAnswer('/v1/directory/choices', { params: { query: { deleted: true } } }).data?.users
  const by = people?.find((one) => one.id === marks.updated_by)?.name ?? marks.updated_by
  const [success, setSuccess] = useState<'none' | 'yes' | 'no'>(
    marks.success === null ? 'none' : marks.success ? 'yes' : 'no',
  )
  const [own, setOwn] = useState<Label[] | null>(marks.labels as Label[] | null)
  const [tags, setTags] = useState(marks.tags.join(', '))
  const [note, setNote] = useState(marks.note)
  const [hold, setHold] = useState(marks.legal_hold)
  const change = useChange(
    async (body: Schemas['CallMarksBody']) => {
      const got = await client.PUT('/v1/calls/{id}/marks', {
        params: { path: { id: pathId(recordId) }, header: { 'If-Match': `"${marks.version}"` } },
        body,
      })
      told(got.response.ok)
      return got
    },
    ['/v1/interactions/{id}', '/v1/calls/{id}/marks', '/v1/interactions'],
  )
  const save = (event: Event) => {
    event.preventDefault()
    change.mutate({
      success: success === 'none' ? null : success === 'yes',
      labels: own,
      tags: tags
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
      note,
      legal_hold: hold,
    })
  }
  return (
    <form class="form marks" onSubmit={save}>
      <Select
        label={say('success')}
        value={success}
        options={(['none', 'yes', 'no'] as const).map((id) => ({ id, name: say(`success.${id}`) }))}
        onChange={setSuccess}
      />
      <fieldset>
        <legend>{say('labels')}</legend>
        <div class="tight">
          <Check
            label={say('labels_automatic')}
            why={
              labels.length && own === null
                ? labels.map((label) => term(`label.${label}`)).join(', ')
                : undefined
            }
            checked={own === null}
            onChange={(automatic) => setOwn(automatic ? null : (labels as Label[]))}
          />
          {own === null ? null : (
            <div class="row">
              {LABELS.map((label) => (
                <Check
                  key={label}
                  label={term(`label.${label}`)}
                  checked={own.includes(label)}
                  onChange={(on) => setOwn(on ? [...own, label] : own.filter((one) => one !== label))}
                />
              ))}
            </div>
          )}
        </div>
      </fieldset>
      <Text
        label={say('tags')}
        why={say('tags_how')}
        wrong={wrongOf(change.error, 'tags')}
        value={tags}
        onChange={setTags}
      />
      <Field label={say('note')} wrong={wrongOf(change.error, 'note')}>
        {(attributes) => (
          <textarea {...attributes} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        )}
      </Field>
      {session.may('administer') || hold ? (
        <Check
          label={say('legal_hold')}
          why={say('legal_hold_why')}
          checked={hold}
          disabled={!session.may('administer')}
          onChange={setHold}
        />
      ) : null}
      {change.error && !change.error.errors.length ? (
        <Notice tone="bad">
          {change.error.status === 412 ? say('changed_meanwhile') : change.error.detail || say('offline')}
        </Notice>
      ) : null}
      <div class="row">
        <button type="submit" class="primary" disabled={change.isPending}>
          {say('save')}
        </button>
        {marks.updated_at ? (
          <span class="faint small-text">{say('marked', { at: format.exactly(marks.updated_at), by })}</span>
        ) : null}
      </div>
    </form>
  )
}
