{{/*
The spec of a pod that runs one process of the image.
Takes {root, component, values, entry, env} and, for processes that listen, {port}.
*/}}
{{- define "incidents.podSpec" -}}
{{- $root := .root }}
{{- $values := .root.Values -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "incidents.image" $root }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command:
      - node
      {{- if .port }}
      {{- /* As in the image: with them the process stays below 220 MB under load. */}}
      - --max-semi-space-size=16
      - --heap-growing-percent=30
      - --v8-pool-size=2
      {{- end }}
      {{- range .entry }}
      - {{ . }}
      {{- end }}
    env:
      {{- .env | nindent 6 }}
      {{- with include "incidents.configEnv" . | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- if or $values.trustedCertificates.secret $values.trustedCertificates.configMap }}
      - name: NODE_EXTRA_CA_CERTS
        value: /etc/incidents/trusted/ca.crt
      {{- end }}
      {{- with .values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- if .port }}
    ports:
      - name: http
        containerPort: {{ .port }}
    startupProbe:
      httpGet: { path: /health/live, port: http }
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: {{ div (include "incidents.startupSeconds" .) 2 }}
    livenessProbe:
      httpGet: { path: /health/live, port: http }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 3
    readinessProbe:
      httpGet: { path: /health/ready, port: http }
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 2
    {{- end }}
    {{- with .values.preStopSeconds }}
    lifecycle:
      preStop:
        sleep: { seconds: {{ . }} }
    {{- end }}
    resources:
      {{- toYaml .values.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      # Scratch space, also for commands that people run in the pod.
      - { name: tmp, mountPath: /tmp }
      {{- if eq .component "api" }}
      - { name: uploads, mountPath: /uploads }
      {{- end }}
      {{- if and $values.database.caSecret.name (ne .component "bot") }}
      - { name: database-ca, mountPath: /etc/incidents/database, readOnly: true }
      {{- end }}
      {{- if or $values.trustedCertificates.secret $values.trustedCertificates.configMap }}
      - { name: trusted, mountPath: /etc/incidents/trusted, readOnly: true }
      {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
  {{- if eq .component "api" }}
  # Files that are being received; UPLOAD_DISK_MIB is their limit for each process.
  - name: uploads
    emptyDir:
      sizeLimit: {{ add 64 (mul (get $values.config "UPLOAD_DISK_MIB" | default 2048 | int64) (get $values.config "API_PROCESSES" | default 1 | int64)) }}Mi
  {{- end }}
  {{- if and $values.database.caSecret.name (ne .component "bot") }}
  - name: database-ca
    secret:
      secretName: {{ $values.database.caSecret.name }}
      items: [{ key: {{ $values.database.caSecret.key }}, path: ca.crt }]
  {{- end }}
  {{- if $values.trustedCertificates.secret }}
  - name: trusted
    secret:
      secretName: {{ $values.trustedCertificates.secret }}
      items: [{ key: {{ $values.trustedCertificates.key }}, path: ca.crt }]
  {{- else if $values.trustedCertificates.configMap }}
  - name: trusted
    configMap:
      name: {{ $values.trustedCertificates.configMap }}
      items: [{ key: {{ $values.trustedCertificates.key }}, path: ca.crt }]
  {{- end }}
{{- end }}

{{/* The template of the pods of a Deployment. Takes what incidents.podSpec takes. */}}
{{- define "incidents.podTemplate" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "incidents.selectorLabels" . | nindent 4 }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- /* Restarts the pods after a change of these values. Not a digest of the Secret: what is generated differs at each rendering. */}}
    checksum/secrets: {{ toJson (list $values.secrets $values.database) | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "incidents.serviceAccountName" .root }}
  # The process exits within 25 s of SIGTERM, which comes after preStop.
  terminationGracePeriodSeconds: {{ add 30 (default 0 .values.preStopSeconds) }}
  {{- with $values.topologySpread }}
  topologySpreadConstraints:
    {{- range . }}
    - topologyKey: {{ .topologyKey }}
      maxSkew: {{ .maxSkew }}
      whenUnsatisfiable: {{ .whenUnsatisfiable }}
      {{- /* Counts the pods of one revision only, so that an update ends as evenly as it began. */}}
      matchLabelKeys: [pod-template-hash]
      labelSelector:
        matchLabels:
          {{- include "incidents.selectorLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- include "incidents.podSpec" . | nindent 2 }}
{{- end }}

{{/* A Deployment whose pods may be replaced one by one. Takes what incidents.podTemplate takes. */}}
{{- define "incidents.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "incidents.fullname" .root }}-{{ .component }}
  labels:
    {{- include "incidents.labels" . | nindent 4 }}
spec:
  {{- if eq .component "bot" }}
  # Telegram serves one process at a time.
  replicas: 1
  strategy: { type: Recreate }
  {{- else }}
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "incidents.selectorLabels" . | nindent 6 }}
  template:
    {{- include "incidents.podTemplate" . | nindent 4 }}
{{- end }}

{{/* The HorizontalPodAutoscaler and the PodDisruptionBudget of a Deployment. Takes {root, component, values}. */}}
{{- define "incidents.scaling" -}}
{{- with .values.autoscaling }}
{{- if .enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "incidents.fullname" $.root }}-{{ $.component }}
  labels:
    {{- include "incidents.labels" $ | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "incidents.fullname" $.root }}-{{ $.component }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ .targetCPUUtilizationPercentage }} }
{{- end }}
{{- end }}
{{- with .values.podDisruptionBudget }}
{{- if .enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "incidents.fullname" $.root }}-{{ $.component }}
  labels:
    {{- include "incidents.labels" $ | nindent 4 }}
spec:
  # Never minAvailable, which blocks every drain where it is the number of replicas.
  maxUnavailable: {{ include "incidents.text" .maxUnavailable }}
  # Pods that are not ready, as without a database, block no drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "incidents.selectorLabels" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
