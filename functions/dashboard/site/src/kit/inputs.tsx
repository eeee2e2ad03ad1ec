// Fields of forms, with what is wrong said beside them.
import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { AskError } from '../ask'
import { useWords } from '../words'

/** What the API said about a field of a body: `zone`, `hours.weekly.1`. */
export function wrongOf(error: AskError | null | undefined, field: string): string | undefined {
  const found = error?.errors.filter((one) => one.field === field || one.field.startsWith(`${field}.`))
  return found?.length ? found.map((one) => one.reason).join('; ') : undefined
}

interface FieldProps {
  label: ComponentChildren
  why?: ComponentChildren
  wrong?: string
  children: (attributes: {
    id: string
    'aria-describedby'?: string
    'aria-invalid'?: boolean
  }) => ComponentChildren
}

export function Field({ label, why, wrong, children }: FieldProps) {
  const id = useId()
  const about = `${id}-about`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-describedby': why || wrong ? about : undefined,
        'aria-invalid': wrong ? true : undefined,
      })}
      {why || wrong ? (
        <div id={about}>
          {wrong ? <div class="wrong">{wrong}</div> : null}
          {why ? <div class="why">{why}</div> : null}
        </div>
      ) : null}
    </div>
  )
}

type TextProps = Omit<FieldProps, 'children'> &
  Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'label' | 'value'> & {
    value: string
    onChange: (value: string) => void
  }

export function Text({ label, why, wrong, value, onChange, ...rest }: TextProps) {
  return (
    <Field label={label} why={why} wrong={wrong}>
      {(attributes) => (
        <input
          {...rest}
          {...attributes}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

interface SelectProps<T extends string> extends Omit<FieldProps, 'children'> {
  value: T
  options: readonly { id: T; name: string }[]
  onChange: (value: T) => void
  disabled?: boolean
}

export function Select<T extends string>({
  label,
  why,
  wrong,
  value,
  options,
  onChange,
  disabled,
}: SelectProps<T>) {
  return (
    <Field label={label} why={why} wrong={wrong}>
      {(attributes) => (
        <select
          {...attributes}
          disabled={disabled}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value as T)}
        >
          {options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface CheckProps {
  label: ComponentChildren
  why?: ComponentChildren
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

export function Check({ label, why, checked, onChange, disabled }: CheckProps) {
  const id = useId()
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {why ? <div class="why faint small-text">{why}</div> : null}
      </div>
    </div>
  )
}

/** Why a form was not taken: what the API says, with every field that is wrong. */
export function Refusal({ error }: { error: AskError | null | undefined }) {
  const say = useWords('kit')
  if (!error) return null
  const wrong = error.errors.map((one) => `${one.field}: ${one.reason}`)
  const text = error.status === 412 ? say('changed') : error.detail || error.title || say('offline.text')
  return (
    <div class="notice bad" role="alert">
      {[text, ...wrong].join(' ')}
    </div>
  )
}
