/** What a check run says. The code host's own type has these fields and more. */
export interface CheckOutput {
  readonly state: { readonly kind: 'completed'; readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required' };
  readonly title: string;
  readonly summary: string;
  readonly text: string | undefined;
  readonly annotations: readonly CheckAnnotation[];
  /** Buttons, at most three. */
  readonly actions?: readonly CheckButton[] | undefined;
}

/** The code host takes 20, 40 and 20 characters of these. */
export interface CheckButton {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export interface CheckAnnotation {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}
