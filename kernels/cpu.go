// The CPU back ends: one per level, all usable in one process.

package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"ecalf/kernels/internal/memory"
)

// level is a CPU back end. Levels differ in their leaves only.
type level struct {
	name string
	auto Precision // what Auto stands for
	bf16 []string  // the operations that have bodies in bfloat16
	leaf leaves
	peak peakLoops // empty without bodies
	ops  Ops
}

// leaves are the bodies of the operations on plain slices. A level that lacks one
// keeps that of the level it was derived from; the first level has the references.
type leaves struct {
	matMul func(c, a, b []float32, p Product)
	pack   func(b []float32, p Product) []float32

	unary     func(op UnaryOp, y, x []float32)
	unaryGrad func(op UnaryOp, dx, dy, x []float32, add bool)
	affine    func(y, x []float32, alpha, beta float32, add bool)
	binary    func(op BinaryOp, z, x, y []float32, v Spread, lo, hi int, add bool)
	sum       func(y, a, b []float32, mid, inner, lo, hi int, scale float32, add bool)
	move      func(dst, src []float32, v Layout, add bool)

	layerNorm     func(y, mean, rstd, x, gamma, beta []float32, c int, eps float32)
	layerNormGrad func(dx, dy, x, mean, rstd, gamma []float32, c int, add bool)
	normParamGrad func(dgamma, dbeta Grad, dy, x, mean, rstd []float32, r, c, lo, hi int)
	instanceNorm  func(y, mean, std, x []float32, b, steps, c int, eps float32)
	denorm        func(y, x, mean, std []float32, b, steps, c int)

	softmax       func(y, x []float32, r, c int)
	softmaxGrad   func(dx, dy, y []float32, r, c int, add bool)
	attention     func(o, lse, q, k, v []float32, p *Attention, lo, hi int)
	attentionGrad func(dq, dk, dv Grad, do, q, k, v, o, lse []float32, p *Attention, lo, hi int)
	rope          func(y, x, sin, cos []float32, token, t, a, d int, add bool)

	dynamicAttention     func(y, align, o, lse []float32, p *DynamicAttention, lo, hi int)
	dynamicAttentionGrad func(d *DynamicGrads, dy, dalign, align, o, lse []float32, p *DynamicAttention)

	movingAverage     func(y, x []float32, steps, inner, width int)
	movingAverageGrad func(dx, dy []float32, steps, inner, width int, add bool)
	conv              func(y, x, w, bias []float32, p *Conv, lo, hi int)
	convGradX         func(dx, dy, w []float32, p *Conv, lo, hi int, add bool)
	convGradW         func(dw, dy, x []float32, p *Conv, lo, hi int, add bool)

	describe    func(phi, x []float32, steps, c, season, lo, hi int)
	distill     func(parts []float32, a *distillArrays, p *Distillation, lo, hi int)
	distillGrad func(dx, dz Grad, s *distillSlopes, a *distillArrays, p *Distillation, lo, hi int)

	unit             func(y, scale, x []float32, d int)
	unitGrad         func(dx, dy, y, scale []float32, d int, add bool)
	logSumExp        func(y, s []float32, c int)
	logSumExpColumns func(y, s []float32, b, lo, hi int)
	contrastSlope    func(s, parts, rows, cols []float32, b int, factor float32, lo, hi int)
	centre           func(y, x []float32, n, step, t, d, lo, hi int)
	gramSums         func(sums *[3]float64, x, z []float32, n, d, lo, hi int)

	dropout    func(y, x []float32, first uint64, rate float32, key Key, add bool)
	loss       func(kind LossKind, x, y []float32) float64
	lossGrad   func(kind LossKind, d, x, y []float32, factor float32, add bool)
	sumSquares func(x []float32) float64
	adam       func(p, m, v, g []float32, f *adamFactors)
}

var references = leaves{
	matMul: matMulReference, pack: packReference,
	unary: unaryReference, unaryGrad: unaryGradReference, affine: affineReference,
	binary: binaryReference, sum: sumReference, move: moveReference,
	layerNorm: layerNormReference, layerNormGrad: layerNormGradReference, normParamGrad: normParamGradReference,
	instanceNorm: instanceNormReference, denorm: denormReference,
	softmax: softmaxReference, softmaxGrad: softmaxGradReference,
	attention: attentionReference, attentionGrad: attentionGradReference, rope: ropeReference,
	dynamicAttention: dynamicAttentionReference, dynamicAttentionGrad: dynamicAttentionGradReference,
	movingAverage: movingAverageReference, movingAverageGrad: movingAverageGradReference,
	conv: convReference, convGradX: convGradXReference, convGradW: convGradWReference,
	describe: describeReference, distill: distillReference, distillGrad: distillGradReference,
	unit: unitReference, unitGrad: unitGradReference, logSumExp: logSumExpReference,
	logSumExpColumns: logSumExpColumnsReference, contrastSlope: contrastSlopeReference,
	centre: centreReference, gramSums: gramSumsReference,
	dropout: dropoutReference, loss: lossReference, lossGrad: lossGradReference, sumSquares: sumSquaresReference,
	adam: adamReference,
}

// derive returns a copy of l under another name, to be given faster leaves.
func (l *level) derive(name string) *level {
	return &level{name: name, auto: l.auto, bf16: slices.Clone(l.bf16), leaf: l.leaf, peak: l.peak}
}

// connect fills the level's Ops: each checks its arguments, splits the work over
// threads and calls a leaf.
func (l *level) connect() {
	l.ops = Ops{
		MatMul: l.matMul, Pack: l.pack,
		Unary: l.unary, UnaryGrad: l.unaryGrad, UnaryDropGrad: l.unaryDropGrad, Affine: l.affine,
		Binary:     func(op BinaryOp, z, x, y Buf, v Spread) { l.binary(op, Into(z), x, y, v) },
		BinaryGrad: l.binaryGrad,
		Sum: func(y Grad, x Buf, outer, mid, inner int, scale float32) {
			l.sum(y, x, Buf{}, outer, mid, inner, scale)
		},
		SumSquares: l.sumSquares, Fill: l.fill, Move: l.move, Gather: gather, GatherGrad: gatherGrad,
		LayerNorm: l.layerNorm, LayerNormGrad: l.layerNormGrad, RMSNorm: l.rmsNorm, RMSNormGrad: l.rmsNormGrad,
		InstanceNorm: l.instanceNorm, InstanceNormGrad: l.instanceNormGrad, Denorm: l.denorm, DenormGrad: l.denormGrad,
		Softmax: l.softmax, SoftmaxGrad: l.softmaxGrad, Attention: l.attention, AttentionGrad: l.attentionGrad, RoPE: l.rope,
		DynamicAttention: l.dynamicAttention, DynamicAttentionGrad: l.dynamicAttentionGrad,
		MovingAverage: l.movingAverage, MovingAverageGrad: l.movingAverageGrad, Conv: l.conv, ConvGrad: l.convGrad,
		Describe: l.describe, Distill: l.distill, DistillGrad: l.distillGrad,
		Contrast: l.contrast, ContrastGrad: l.contrastGrad, CKA: l.cka,
		Dropout: l.dropout, Loss: l.loss, LossGrad: l.lossGrad, Adam: l.adam,
	}
}

func (l *level) Name() string    { return "cpu/" + l.name }
func (l *level) Alloc(n int) Buf { return Wrap(memory.Aligned(n)) }
func (l *level) Free(Buf)        {}
func (l *level) Upload(dst Buf, src []float32) {
	need("Upload", "dst", dst, len(src))
	copy(dst.Host, src)
}
func (l *level) Download(dst []float32, src Buf) {
	need("Download", "src", src, len(dst))
	copy(dst, src.Host)
}
func (l *level) Sync() error { return nil }
func (l *level) Ops() *Ops   { return &l.ops }

// cpus is filled once, before main: which levels exist cannot change.
var cpus = func() []*level {
	generic := &level{name: "generic", auto: FP32, leaf: references}
	all := append([]*level{generic}, accelerated(generic)...)
	for _, l := range all {
		l.connect()
	}
	return all
}()

// CPUs returns a back end for every level that this machine and its operating system
// support, slowest first. They share memory: a Buf of one works with all.
func CPUs() []Backend {
	out := make([]Backend, len(cpus))
	for i, l := range cpus {
		out[i] = l
	}
	return out
}

// HasBF16 reports whether the CPU level be has a body of its own in bfloat16 for that operation, "MatMul" or
// "DynamicAttention". Without one, products in precision BF16 take the float32 body.
func HasBF16(be Backend, op string) bool {
	l, ok := be.(*level)
	return ok && slices.Contains(l.bf16, op)
}

// Select returns the level with the given name ("generic", "avx2", "avx512",
// "avx512bf16", "amx"), and for an empty name the fastest. The error of an unknown
// or unavailable one lists those that are there.
func Select(name string) (Backend, error) {
	if name == "" {
		return cpus[len(cpus)-1], nil
	}
	i := slices.IndexFunc(cpus, func(l *level) bool { return l.name == name })
	if i < 0 {
		var names []string
		for _, l := range cpus {
			names = append(names, l.name)
		}
		return nil, fmt.Errorf("cpu level %q is unknown or not supported here: choose one of %s", name, strings.Join(names, ", "))
	}
	return cpus[i], nil
}

// Best returns the level named by the environment variable ECALF_LEVEL, or the
// fastest when that is unset or empty.
func Best() (Backend, error) {
	be, err := Select(os.Getenv("ECALF_LEVEL"))
	if err != nil {
		return nil, fmt.Errorf("ECALF_LEVEL: %w", err)
	}
	return be, nil
}
