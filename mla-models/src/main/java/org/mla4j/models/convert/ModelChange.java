package org.mla4j.models.convert;

/**
 * How much a conversion changed what a model says, measured on a text.
 *
 * @param tokens tokens that were compared
 * @param meanCosine mean over positions of the cosine between the logits of both models
 * @param largestDifference largest difference of a logit, relative to the source's largest absolute
 *     logit
 * @param perplexityBefore perplexity of the source on the text
 * @param perplexityAfter perplexity of the converted model
 */
public record ModelChange(
    int tokens,
    double meanCosine,
    double largestDifference,
    double perplexityBefore,
    double perplexityAfter) {}
